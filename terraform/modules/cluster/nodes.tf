# Machines: encrypted disks, and a metadata service that pods cannot reach, so that no pod borrows its node's rights.

resource "aws_launch_template" "node" {
  name = "${var.name}-node"
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = 50
      volume_type           = "gp3"
      encrypted             = "true"
      kms_key_id            = var.key_arn
      delete_on_termination = "true"
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each        = var.node_groups
  cluster_name    = aws_eks_cluster.this.name
  node_group_name = each.key
  node_role_arn   = aws_iam_role.node.arn
  subnet_ids      = var.subnet_ids
  instance_types  = each.value.instance_types
  capacity_type   = each.value.spot ? "SPOT" : "ON_DEMAND"
  labels          = { "assay/group" = each.key }

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }
  scaling_config {
    min_size     = each.value.minimum
    max_size     = each.value.maximum
    desired_size = each.value.minimum
  }
  update_config {
    max_unavailable = 1
  }
  dynamic "taint" {
    for_each = each.value.reserved_for[*]
    content {
      key    = "assay/only"
      value  = taint.value
      effect = "NO_SCHEDULE"
    }
  }
  lifecycle {
    ignore_changes = [scaling_config[0].desired_size] # the autoscaler's
  }
  depends_on = [aws_iam_role_policy_attachment.node]
}

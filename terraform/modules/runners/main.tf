# GitLab's runners, inside the network and with no rights of their own but to read their token.

resource "aws_secretsmanager_secret" "token" {
  name                    = "assay/runners/token"
  description             = "The runners' authentication token, put in by who owns the GitLab project"
  kms_key_id              = var.key_arn
  recovery_window_in_days = 30
}

resource "aws_security_group" "runner" {
  name        = "${var.name}-runners"
  description = "Runners: nothing connects to them"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "runner" {
  security_group_id = aws_security_group.runner.id
  description       = "TLS: GitLab, AWS, the cluster"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_iam_role" "runner" {
  name = "${var.name}-runner"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "runner" {
  name = "token"
  role = aws_iam_role.runner.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "secretsmanager:GetSecretValue"
      Resource = "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:assay/runners/token-??????"
    }]
  })
}

resource "aws_iam_instance_profile" "runner" {
  name = "${var.name}-runner"
  role = aws_iam_role.runner.name
}

resource "aws_launch_template" "runner" {
  name                   = "${var.name}-runner"
  image_id               = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
  instance_type          = var.machines.instance_type
  vpc_security_group_ids = [aws_security_group.runner.id]
  update_default_version = true
  user_data = base64encode(templatefile("${path.module}/start.sh.tftpl", {
    gitlab = var.gitlab.url
    region = var.region
    secret = "assay/runners/token"
  }))
  iam_instance_profile {
    name = aws_iam_instance_profile.runner.name
  }
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1 # jobs run in containers, and are not to have the machine's rights
  }
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 60
      volume_type = "gp3"
      encrypted   = "true"
      kms_key_id  = var.key_arn
    }
  }
}

resource "aws_autoscaling_group" "runner" {
  name                  = "${var.name}-runners"
  min_size              = 1
  max_size              = var.machines.maximum
  vpc_zone_identifier   = var.subnet_ids
  max_instance_lifetime = 604800 # a machine is a week old at most
  launch_template {
    id      = aws_launch_template.runner.id
    version = aws_launch_template.runner.latest_version
  }
}

# What programs in the cluster may do in AWS, each by its own service account.

locals {
  # The names that the policies are written in. The platform on one machine fills the same files in with names of its own.
  policy_names = {
    name    = local.name
    keys    = "arn:aws:kms:${var.aws.region}:${var.aws.account_id}:key/*"
    secrets = "arn:aws:secretsmanager:${var.aws.region}:${var.aws.account_id}:secret"
    queues  = "arn:aws:sqs:${var.aws.region}:${var.aws.account_id}:${local.name}"
    landing = "arn:aws:s3:::${local.name}-landing"
    logs    = "arn:aws:s3:::${local.name}-logs"
  }

  airflow = {
    namespace       = "airflow"
    service_account = "airflow"
    policy          = templatefile("${path.module}/policies/airflow.json.tftpl", local.policy_names)
  }

  external_secrets = {
    namespace       = "external-secrets"
    service_account = "external-secrets"
    policy          = templatefile("${path.module}/policies/external_secrets.json.tftpl", local.policy_names)
  }

  # A zone's pods keep what they fetched in the zone's own folder, and see no other.
  zone_pods = { for zone in keys(local.zones) : "pods-${replace(zone, "_", "-")}" => {
    namespace       = "assay"
    service_account = "pods-${replace(zone, "_", "-")}"
    policy          = templatefile("${path.module}/policies/zone_pods.json.tftpl", merge(local.policy_names, { zone = zone }))
  } }

  service_accounts = merge({ airflow = local.airflow, external-secrets = local.external_secrets }, local.zone_pods)
}

resource "aws_kms_key" "platform" {
  description             = "Disks, databases, images and logs of the platform"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountDecides"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.aws.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.aws.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.aws.region}:${var.aws.account_id}:*" } }
      },
      {
        Sid       = "DisksOfMachineGroups"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.aws.account_id}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant", "kms:DescribeKey"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_kms_alias" "platform" {
  name          = "alias/${local.name}-platform"
  target_key_id = aws_kms_key.platform.key_id
}

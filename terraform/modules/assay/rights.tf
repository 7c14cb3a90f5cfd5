# What programs in the cluster may do in AWS, each by its own service account.

locals {
  secrets = "arn:aws:secretsmanager:${var.aws.region}:${var.aws.account_id}:secret"
  keys    = "arn:aws:kms:${var.aws.region}:${var.aws.account_id}:key/*"
  landing = "arn:aws:s3:::${local.name}-landing"
  logs    = "arn:aws:s3:::${local.name}-logs"

  opens = { for purpose in ["secrets", "landing", "platform"] : purpose => {
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = local.keys
    Condition = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = "alias/${local.name}-${purpose}" } }
  } }

  airflow = {
    namespace       = "airflow"
    service_account = "airflow"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = ["${local.secrets}:assay/connections/*", "${local.secrets}:assay/variables/*"]
        },
        {
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
          Resource = "arn:aws:sqs:${var.aws.region}:${var.aws.account_id}:${local.name}-*-landed"
        },
        { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${local.logs}/*" },
        { Effect = "Allow", Action = "s3:ListBucket", Resource = local.logs },
        local.opens.secrets, local.opens.landing, local.opens.platform,
      ]
    })
  }

  external_secrets = {
    namespace       = "external-secrets"
    service_account = "external-secrets"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
          Resource = [for part in ["airbyte", "airflow", "pods"] : "${local.secrets}:assay/${part}/*"]
        },
        local.opens.secrets,
      ]
    })
  }

  # A zone's pods write what they fetched to their own folder, and read nothing but it.
  zone_pods = { for zone in keys(local.zones) : "pods-${replace(zone, "_", "-")}" => {
    namespace       = "assay"
    service_account = "pods-${replace(zone, "_", "-")}"
    policy = jsonencode({
      Version = "2012-10-17"
      Statement = [
        { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${local.landing}/${zone}/loads/*" },
        local.opens.landing,
      ]
    })
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

# The places of all secrets, by the convention in docs/secrets.md. Values never pass through here: not in a plan, not in
# the state: `./assay secret rotate` replaces them while the platform runs, which a rotation function per secret cannot do,
# because a login is in more than one secret.

locals {
  shared = merge({
    "connections/airbyte"    = "Airflow's login to Airbyte"
    "connections/kubernetes" = "Airflow's way to the pods' namespace"

    "connections/snowflake_permissions" = "The login that gives and takes roles"
    "connections/chat_platform"         = "Where the platform tells of itself"
  }, { for name in var.syncs : name => "What Airbyte alone needs: ${trimprefix(name, "syncs/")}" })
  connections = merge([for zone in var.zones : {
    "connections/snowflake_${zone}_loader"    = "Airflow's login to the warehouse, to load ${zone}"
    "connections/snowflake_${zone}_publisher" = "Airflow's login to the warehouse, to release ${zone}"
    "connections/chat_${zone}"                = "Where alerts of ${zone} go"
  }]...)
  per_zone = merge([for zone in var.zones : {
    for pod in var.pods : "pods/${replace(replace(pod.name, "{zone}", zone), "_", "-")}" => pod.holds
    if strcontains(pod.name, "{zone}")
  }]...)
  for_all = { for pod in var.pods : "pods/${pod.name}" => pod.holds if !strcontains(pod.name, "{zone}") }
  secrets = merge(local.shared, local.connections, local.per_zone, local.for_all, var.charts)
}

resource "aws_kms_key" "this" {
  description             = "Secrets of the platform"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheAccountDecides"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-secrets"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_secretsmanager_secret" "this" {
  for_each                = local.secrets
  name                    = "assay/${each.key}"
  description             = each.value
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = var.recovery_days
}

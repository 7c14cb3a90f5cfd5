# The whole platform of one environment. Read it top down: what is there once, then what each zone gets.

locals {
  name = "assay-${var.environment}"

  # A zone is a file. Its infrastructure is in the next plan after it is added.
  zones = {
    for path in fileset("${var.repository}/dags/zones", "*/zone.yml") :
    dirname(path) => yamldecode(file("${var.repository}/dags/zones/${path}"))
  }

  # The ledgers' own statements, the ones the embedded warehouse runs: by table, by table and the column they add, or by
  # view and the table it shows.
  ledger_ddl = {
    for statement in flatten([
      for path in ["load_ledger/sql/create.sql", "releases/sql/create.sql", "grants/sql/ledger.sql"] : [
        for each in split(";", replace(file("${var.repository}/plugins/assay/${path}"), "/--[^\n]*/", "")) :
        trimspace(each)
      ]
    ]) : upper(join(".", flatten(regexall("(?:\\}\\}\\.|column if not exists )(\\w+)", statement)))) => statement if statement != ""
  }

  # What the charts ask for is declared in our own chart's values.
  chart = yamldecode(file("${var.repository}/helm/assay/values.yaml"))
  chart_secrets = {
    for secret in concat(local.chart.airflow.secrets, [local.chart.airbyte.proxy.secret]) :
    trimprefix(secret.key, "assay/") => "For the charts: ${secret.name}"
  }

  # So is what Airbyte needs in its own files; what it shares with pods is declared there.
  sync_secrets = toset([
    for secret in [
      for path in fileset("${var.repository}/airbyte", "{sources,destinations}/*.yaml") :
      lookup(yamldecode(file("${var.repository}/airbyte/${path}")), "secret", "")
    ] : secret if startswith(secret, "syncs/")
  ])

  # The role's name is settled before either side exists: the warehouse names it, then the role trusts the warehouse.
  landing_role = "${local.name}-snowflake-landing"
}

module "network" {
  source          = "../network"
  name            = local.name
  region          = var.aws.region
  cidr            = var.network.cidr
  zones           = var.network.zones
  transit_gateway = var.network.transit_gateway
  snowflake       = var.network.snowflake
  key_arn         = aws_kms_key.platform.arn
  log_days        = var.keep.log_days
}

module "runners" {
  source       = "../runners"
  name         = local.name
  account_id   = var.aws.account_id
  region       = var.aws.region
  vpc_id       = module.network.vpc_id
  subnet_ids   = module.network.subnet_ids
  key_arn      = aws_kms_key.platform.arn
  gitlab       = { url = var.runners.url, project = var.runners.project, branch = var.runners.branch }
  reviews      = var.runners.reviews
  machines     = { instance_type = var.runners.instance_type, maximum = var.runners.maximum }
  state_bucket = "${local.name}-terraform-state"
}

module "cluster" {
  source             = "../cluster"
  name               = local.name
  account_id         = var.aws.account_id
  kubernetes_version = var.cluster.version
  subnet_ids         = module.network.subnet_ids
  key_arn            = aws_kms_key.platform.arn
  log_days           = var.keep.log_days
  node_groups        = var.cluster.node_groups
  service_accounts   = local.service_accounts
  administrators     = { deploy = "arn:aws:iam::${var.aws.account_id}:role/${local.name}-deploy" }
  client_group_ids   = { runners = module.runners.security_group_id }
}

module "database" {
  source          = "../database"
  name            = local.name
  vpc_id          = module.network.vpc_id
  subnet_ids      = module.network.subnet_ids
  client_group_id = module.cluster.security_group_id
  key_arn         = aws_kms_key.platform.arn
  size            = var.database
}

module "registry" {
  source  = "../registry"
  images  = ["assay/airflow", "assay/dbt", "assay/loader"]
  key_arn = aws_kms_key.platform.arn
  keep    = var.keep.images
}

module "logs" {
  source    = "../bucket"
  name      = "${local.name}-logs"
  key_arn   = aws_kms_key.platform.arn
  keep_days = var.keep.log_days
}

module "secrets" {
  source        = "../secrets"
  name          = local.name
  account_id    = var.aws.account_id
  zones         = keys(local.zones)
  pods          = yamldecode(file("${var.repository}/plugins/assay/secrets/pods.yml"))
  charts        = local.chart_secrets
  syncs         = local.sync_secrets
  recovery_days = var.keep.secret_days
}

module "landing" {
  source     = "../landing"
  name       = local.name
  account_id = var.aws.account_id
  region     = var.aws.region
  zones      = keys(local.zones)
  snowflake  = module.platform.landing_trust
  role_name  = local.landing_role
  keep_days  = var.keep.landing_days
}

module "platform" {
  source           = "../platform"
  environment      = var.environment
  landing_url      = "s3://${local.name}-landing/"
  landing_role_arn = "arn:aws:iam::${var.aws.account_id}:role/${local.landing_role}"
  network          = { endpoint_ids = [module.network.snowflake_endpoint_id], people_cidrs = var.people.cidrs }
  single_sign_on   = var.people.single_sign_on
  retention_days   = var.keep.history_days
}

module "zone" {
  source         = "../zone"
  for_each       = local.zones
  environment    = var.environment
  zone           = each.value.zone
  description    = each.value.description
  platform       = module.platform.for_zones
  ledger_ddl     = local.ledger_ddl
  landing_url    = "s3://${local.name}-landing/${each.key}/"
  warehouse      = lookup(var.warehouses, each.key, var.warehouse)
  retention_days = var.keep.history_days
  public_keys    = var.public_keys
}

# What belongs to no zone: the door to the landing bucket, from where and how people and programs log in.

locals {
  database = upper("${var.environment}_platform")
}

resource "snowflake_database" "this" {
  name                           = local.database
  comment                        = "Rules of the account."
  data_retention_time_in_days    = var.retention_days
  drop_public_schema_on_creation = true
}

resource "snowflake_schema" "this" {
  for_each            = toset(["GOVERNANCE"])
  database            = snowflake_database.this.name
  name                = each.key
  with_managed_access = "true"
}

resource "snowflake_storage_integration_aws" "landing" {
  name                      = upper("assay_${var.environment}_landing")
  enabled                   = true
  storage_provider          = "S3"
  storage_aws_role_arn      = var.landing_role_arn
  storage_allowed_locations = [var.landing_url]
  comment                   = "One for all zones; each zone's stage names its own folder."
}

resource "snowflake_network_rule" "endpoints" {
  database   = snowflake_database.this.name
  schema     = snowflake_schema.this["GOVERNANCE"].name
  name       = "PRIVATE_LINK"
  type       = "AWSVPCEID"
  mode       = "INGRESS"
  value_list = var.network.endpoint_ids
}

resource "snowflake_network_rule" "people" {
  database   = snowflake_database.this.name
  schema     = snowflake_schema.this["GOVERNANCE"].name
  name       = "PEOPLE"
  type       = "IPV4"
  mode       = "INGRESS"
  value_list = var.network.people_cidrs
}

# Programs come through the private link or not at all.
resource "snowflake_network_policy" "services" {
  name                      = upper("assay_${var.environment}_services")
  allowed_network_rule_list = [snowflake_network_rule.endpoints.fully_qualified_name]
}

resource "snowflake_network_policy" "account" {
  name = upper("assay_${var.environment}_account")
  allowed_network_rule_list = [
    snowflake_network_rule.endpoints.fully_qualified_name,
    snowflake_network_rule.people.fully_qualified_name,
  ]
}

resource "snowflake_network_policy_attachment" "account" {
  network_policy_name = snowflake_network_policy.account.name
  set_for_account     = true
}

resource "snowflake_saml2_integration" "people" {
  name                      = upper("assay_${var.environment}_sso")
  enabled                   = "true"
  saml2_provider            = "CUSTOM"
  saml2_issuer              = var.single_sign_on.issuer
  saml2_sso_url             = var.single_sign_on.url
  saml2_x509_cert           = var.single_sign_on.certificate
  saml2_enable_sp_initiated = "true"
  saml2_sign_request        = "true"
  allowed_user_domains      = var.single_sign_on.domains
}

resource "snowflake_tag" "zone" {
  database = snowflake_database.this.name
  schema   = snowflake_schema.this["GOVERNANCE"].name
  name     = "ZONE"
  comment  = "The zone that a database or a warehouse belongs to; costs are added up by it."
}

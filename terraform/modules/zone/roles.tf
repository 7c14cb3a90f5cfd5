# A service role and a user of the same name per service role; two roles for people. Who has the people's roles is not said here
# but in roles.yml.

locals {
  duties = toset(["LOADER", "TRANSFORMER", "PUBLISHER"])
  people = toset(["ANALYST", "OWNER"])
  role   = { for name, each in snowflake_account_role.this : name => each.name }
}

resource "snowflake_account_role" "this" {
  for_each = setunion(local.duties, local.people)
  name     = "${local.database}_${each.key}"
}

resource "snowflake_grant_account_role" "sysadmin" {
  for_each         = snowflake_account_role.this
  role_name        = each.value.name
  parent_role_name = "SYSADMIN"
}

# A role can only hand ownership to roles it contains, and the publisher takes over what the transformer built.
resource "snowflake_grant_account_role" "inherited" {
  for_each         = { OWNER = "ANALYST", PUBLISHER = "TRANSFORMER" }
  role_name        = local.role[each.value]
  parent_role_name = local.role[each.key]
}

resource "snowflake_service_user" "this" {
  for_each                       = local.duties
  name                           = local.role[each.key]
  default_role                   = local.role[each.key]
  default_warehouse              = snowflake_warehouse.this.name
  default_namespace              = snowflake_database.this.name
  default_secondary_roles_option = "NONE"
  network_policy                 = var.platform.network_policy
  rsa_public_key                 = lookup(var.public_keys, local.role[each.key], null)
  lifecycle {
    ignore_changes = [rsa_public_key, rsa_public_key_2] # rotation sets the next key beside the present one
  }
}

resource "snowflake_grant_account_role" "service_user" {
  for_each  = snowflake_service_user.this
  role_name = local.role[each.key]
  user_name = each.value.name
}

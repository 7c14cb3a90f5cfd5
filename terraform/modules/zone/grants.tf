# Who may do what, in one table per kind of object. Each line is one grant; a role that is not in it may not.

locals {
  schema_grants = {
    "LOADER on LANDING"         = ["USAGE", "CREATE TABLE", "CREATE STAGE", "CREATE FILE FORMAT", "CREATE FUNCTION"]
    "LOADER on QUARANTINE"      = ["USAGE", "CREATE TABLE"]
    "LOADER on BRONZE"          = ["USAGE", "CREATE TABLE"]
    "TRANSFORMER on BRONZE"     = ["USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE"]
    "TRANSFORMER on SILVER"     = ["USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE"]
    "TRANSFORMER on QUARANTINE" = ["USAGE", "CREATE TABLE", "CREATE VIEW"]
    "TRANSFORMER on GOLD"       = ["USAGE"]
    "ANALYST on GOLD"           = ["USAGE"]
    "OWNER on QUARANTINE"       = ["USAGE"]
    "LOADER on LEDGER"          = ["USAGE"]
    "TRANSFORMER on LEDGER"     = ["USAGE"]
    "PUBLISHER on LEDGER"       = ["USAGE"]
  }
  reads_all_tables    = toset(["TRANSFORMER on BRONZE", "TRANSFORMER on GOLD", "ANALYST on GOLD", "OWNER on QUARANTINE"])
  reads_future_tables = toset(["TRANSFORMER on BRONZE", "OWNER on QUARANTINE"])

  # Role and table of the zone's own ledger, as in plugins/assay/grants/sql/ledger_grants.sql.
  ledger_grants = {
    "LOADER on LOADS"             = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    "LOADER on LOAD_FILES"        = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    "LOADER on CHECK_RESULTS"     = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    "PUBLISHER on LOADS"          = ["SELECT"]
    "PUBLISHER on RELEASES"       = ["SELECT", "INSERT", "UPDATE", "DELETE"]
    "PUBLISHER on RELEASE_EVENTS" = ["SELECT", "INSERT", "DELETE"]
    "TRANSFORMER on NODE_RESULTS" = ["SELECT", "INSERT"]
    "PUBLISHER on NODE_RESULTS"   = ["SELECT", "DELETE"]
    "LOADER on RUN_LEASE"         = ["SELECT", "INSERT", "UPDATE"]
    "TRANSFORMER on RUN_LEASE"    = ["SELECT", "INSERT", "UPDATE"]
    "PUBLISHER on RUN_LEASE"      = ["SELECT", "INSERT", "UPDATE"]
    "PUBLISHER on RELEASE_STATE"  = ["SELECT", "INSERT", "UPDATE"]
  }
}

resource "snowflake_grant_privileges_to_account_role" "database" {
  for_each          = local.role
  account_role_name = each.value
  privileges        = each.key == "PUBLISHER" ? ["USAGE", "CREATE SCHEMA"] : ["USAGE"]
  on_account_object {
    object_type = "DATABASE"
    object_name = snowflake_database.this.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "warehouse" {
  for_each          = local.role
  account_role_name = each.value
  privileges        = each.key == "PUBLISHER" ? ["USAGE", "OPERATE"] : ["USAGE"]
  on_account_object {
    object_type = "WAREHOUSE"
    object_name = snowflake_warehouse.this.name
  }
}

resource "snowflake_grant_privileges_to_account_role" "schema" {
  for_each          = local.schema_grants
  account_role_name = local.role[split(" on ", each.key)[0]]
  privileges        = each.value
  on_schema {
    schema_name = local.schema[split(" on ", each.key)[1]]
  }
  depends_on = [snowflake_grant_ownership.gold]
}

resource "snowflake_grant_privileges_to_account_role" "all_tables" {
  for_each          = local.reads_all_tables
  account_role_name = local.role[split(" on ", each.key)[0]]
  privileges        = ["SELECT"]
  on_schema_object {
    all {
      object_type_plural = "TABLES"
      in_schema          = local.schema[split(" on ", each.key)[1]]
    }
  }
  depends_on = [snowflake_grant_ownership.gold]
}

resource "snowflake_grant_privileges_to_account_role" "future_tables" {
  for_each          = local.reads_future_tables
  account_role_name = local.role[split(" on ", each.key)[0]]
  privileges        = ["SELECT"]
  on_schema_object {
    future {
      object_type_plural = "TABLES"
      in_schema          = local.schema[split(" on ", each.key)[1]]
    }
  }
}

resource "snowflake_grant_privileges_to_account_role" "stage" {
  account_role_name = local.role["LOADER"]
  privileges        = ["USAGE"]
  on_schema_object {
    object_type = "STAGE"
    object_name = "${local.schema["LANDING"]}.\"${snowflake_stage_external_s3.inbox.name}\""
  }
}

# COPY keeps the grants that others hold: the default would fail on them, REVOKE would take them away.
resource "snowflake_grant_ownership" "gold" {
  for_each            = local.gold
  account_role_name   = local.role["PUBLISHER"]
  outbound_privileges = "COPY"
  on {
    object_type = "SCHEMA"
    object_name = local.schema[each.key]
  }
}

resource "snowflake_grant_privileges_to_account_role" "ledger_table" {
  for_each          = local.ledger_grants
  account_role_name = local.role[split(" on ", each.key)[0]]
  privileges        = each.value
  on_schema_object {
    object_type = "TABLE"
    object_name = "${local.schema["LEDGER"]}.\"${split(" on ", each.key)[1]}\""
  }
  depends_on = [snowflake_execute.ledger]
}

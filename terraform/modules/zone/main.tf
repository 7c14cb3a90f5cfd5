# One zone in the warehouse: a database that no other zone reads, its layers, its compute, its folder of the bucket.
# Names follow plugins/assay/zones/names.py; a test compares the grants with those of the embedded warehouse.

locals {
  database = upper("${var.environment}_${var.zone}")
  schemas  = toset(["LANDING", "QUARANTINE", "BRONZE", "SILVER", "LEDGER"])
  gold     = toset(["GOLD", "GOLD_NEXT", "GOLD_PREVIOUS"])

  # The full name of every schema, known before anything exists, and only used once the schema does.
  schema = merge(
    { for name, each in snowflake_schema.this : name => "\"${each.database}\".\"${each.name}\"" },
    { for name, each in snowflake_schema.gold : name => "\"${each.database}\".\"${each.name}\"" },
  )
}

resource "snowflake_database" "this" {
  name                           = local.database
  comment                        = var.description
  data_retention_time_in_days    = var.retention_days
  drop_public_schema_on_creation = true
}

resource "snowflake_schema" "this" {
  for_each            = local.schemas
  database            = snowflake_database.this.name
  name                = each.key
  with_managed_access = "true"
}

# Releases replace and swap these, so what stands behind a name changes by the hour: made here once, then left alone.
resource "snowflake_schema" "gold" {
  for_each            = local.gold
  database            = snowflake_database.this.name
  name                = each.key
  with_managed_access = "true"
  lifecycle {
    ignore_changes = all
  }
}

# The zone's ledgers are made by the platform's own statements, the ones the embedded warehouse runs. They are never dropped
# from here.
resource "snowflake_execute" "ledger" {
  for_each = { for name, statement in var.ledger_ddl : name => statement if !strcontains(name, ".") }
  execute  = replace(each.value, "{{ ledger }}", local.schema["LEDGER"])
  revert   = "select 1"
}

# Columns of later versions, for ledgers that an earlier one made, and views of them.
resource "snowflake_execute" "ledger_column" {
  for_each   = { for name, statement in var.ledger_ddl : name => statement if strcontains(name, ".") }
  execute    = replace(each.value, "{{ ledger }}", local.schema["LEDGER"])
  revert     = "select 1"
  depends_on = [snowflake_execute.ledger]
}

resource "snowflake_stage_external_s3" "inbox" {
  database            = snowflake_database.this.name
  schema              = snowflake_schema.this["LANDING"].name
  name                = "INBOX"
  url                 = var.landing_url
  storage_integration = var.platform.storage_integration
  comment             = "The zone's own folder of the landing bucket."
}

resource "snowflake_resource_monitor" "this" {
  name                      = "${local.database}_MONITOR"
  credit_quota              = var.warehouse.monthly_credits
  frequency                 = "MONTHLY"
  start_timestamp           = "IMMEDIATELY"
  notify_triggers           = [75, 90]
  suspend_trigger           = 95
  suspend_immediate_trigger = 100
}

resource "snowflake_warehouse" "this" {
  name                                = "${local.database}_WH"
  comment                             = "Everything the zone runs."
  warehouse_size                      = var.warehouse.size
  auto_suspend                        = var.warehouse.suspend_after
  auto_resume                         = "true"
  initially_suspended                 = true
  resource_monitor                    = snowflake_resource_monitor.this.name
  statement_timeout_in_seconds        = var.warehouse.longest_query
  statement_queued_timeout_in_seconds = var.warehouse.longest_query
}

# Costs are added up by this tag; runs and models are in each query's own tag.
resource "snowflake_tag_association" "zone" {
  for_each = {
    DATABASE  = "\"${snowflake_database.this.name}\""
    WAREHOUSE = "\"${snowflake_warehouse.this.name}\""
  }
  object_type        = each.key
  object_identifiers = [each.value]
  tag_id             = var.platform.zone_tag
  tag_value          = var.zone
}

# Who reads across zones: a zone that asks (`reads`) for what another publishes (`publishes`) may enter that database. The
# tables themselves are granted by each release, on the candidate, before it goes live.

locals {
  readers = merge(flatten([
    for owner, zone in local.zones : [
      for reader, other in local.zones : {
        "${reader} in ${owner}" = { owner = owner, reader = reader }
        } if reader != owner && length(setintersection(
          toset(try(zone.publishes, [])),
          toset(flatten([for read in try(other.reads, []) : read.tables if read.zone == owner])),
      )) > 0
    ]
  ])...)
}

resource "snowflake_grant_privileges_to_account_role" "reader" {
  for_each          = local.readers
  account_role_name = module.zone[each.value.reader].roles["TRANSFORMER"]
  privileges        = ["USAGE"]
  on_account_object {
    object_type = "DATABASE"
    object_name = module.zone[each.value.owner].database
  }
}

# And sees in its ledger which release was live when, to know whether anything is new.
resource "snowflake_grant_privileges_to_account_role" "reader_ledger" {
  for_each          = local.readers
  account_role_name = module.zone[each.value.reader].roles["TRANSFORMER"]
  privileges        = ["USAGE"]
  on_schema {
    schema_name = module.zone[each.value.owner].ledger
  }
}

resource "snowflake_grant_privileges_to_account_role" "reader_published" {
  for_each          = local.readers
  account_role_name = module.zone[each.value.reader].roles["TRANSFORMER"]
  privileges        = ["SELECT"]
  on_schema_object {
    object_type = "VIEW"
    object_name = module.zone[each.value.owner].published
  }
}

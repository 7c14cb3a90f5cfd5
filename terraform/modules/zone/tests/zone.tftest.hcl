variables {
  environment    = "dev"
  zone           = "harbour"
  description    = "Ships."
  landing_url    = "s3://assay-dev-landing/harbour/"
  retention_days = 1
  warehouse      = { size = "XSMALL", suspend_after = 60, monthly_credits = 10, longest_query = 600 }
  public_keys    = { DEV_HARBOUR_LOADER = "MIIBIjANexample" }
  ledger_ddl = {
    LEASES           = "create table if not exists {{ ledger }}.leases (holder varchar)"
    "LEASES.EXPIRES" = "alter table {{ ledger }}.leases add column if not exists expires timestamp_ntz"
  }
  platform = {
    database            = "DEV_PLATFORM"
    storage_integration = "ASSAY_DEV_LANDING"
    network_policy      = "ASSAY_DEV_SERVICES"
    zone_tag            = "\"DEV_PLATFORM\".\"GOVERNANCE\".\"ZONE\""
  }
}

run "everything_of_a_zone_is_named_after_environment_and_zone" {
  command = plan
  assert {
    condition     = snowflake_database.this.name == "DEV_HARBOUR" && snowflake_warehouse.this.name == "DEV_HARBOUR_WH"
    error_message = "Database and compute do not follow the naming rule."
  }
  assert {
    condition     = toset([for role in snowflake_account_role.this : role.name]) == toset([for duty in ["LOADER", "TRANSFORMER", "PUBLISHER", "ANALYST", "OWNER"] : "DEV_HARBOUR_${duty}"])
    error_message = "A zone has three service roles and two roles for people."
  }
}

run "a_zones_ledger_is_made_by_the_platforms_own_statements" {
  command = plan
  assert {
    condition     = snowflake_execute.ledger["LEASES"].execute == "create table if not exists \"DEV_HARBOUR\".\"LEDGER\".leases (holder varchar)"
    error_message = "The statement does not name the ledger's schema."
  }
  assert {
    condition     = snowflake_execute.ledger_column["LEASES.EXPIRES"].execute == "alter table \"DEV_HARBOUR\".\"LEDGER\".leases add column if not exists expires timestamp_ntz"
    error_message = "A column of a later version is not added."
  }
  assert {
    condition     = alltrue([for each in snowflake_execute.ledger : each.revert == "select 1"])
    error_message = "Taking a ledger out of the code must not drop it."
  }
}

run "a_service_user_comes_through_the_private_link_with_a_key" {
  command = plan
  assert {
    condition     = alltrue([for user in snowflake_service_user.this : user.network_policy == "ASSAY_DEV_SERVICES"])
    error_message = "A service user without the network policy can be used from anywhere."
  }
  assert {
    condition     = snowflake_service_user.this["LOADER"].rsa_public_key == "MIIBIjANexample"
    error_message = "The first public key is not set."
  }
}

run "compute_stops_when_idle_and_when_its_credits_are_gone" {
  command = plan
  assert {
    condition     = snowflake_warehouse.this.auto_suspend == 60 && snowflake_warehouse.this.resource_monitor == "DEV_HARBOUR_MONITOR"
    error_message = "The warehouse does not suspend, or no monitor counts its credits."
  }
}

run "only_the_publisher_owns_gold" {
  command = plan
  assert {
    condition     = alltrue([for each in snowflake_grant_ownership.gold : each.account_role_name == "DEV_HARBOUR_PUBLISHER" && each.outbound_privileges == "COPY"])
    error_message = "Ownership of gold is the publisher's, and taking it keeps what others hold."
  }
}

run "a_folder_without_its_slash_is_refused" {
  command = plan
  variables {
    landing_url = "s3://assay-dev-landing/harbour"
  }
  expect_failures = [var.landing_url]
}

run "compute_that_never_stops_is_refused" {
  command = plan
  variables {
    warehouse = { size = "XSMALL", suspend_after = 0, monthly_credits = 10, longest_query = 600 }
  }
  expect_failures = [var.warehouse]
}

run "a_name_that_is_no_zone_is_refused" {
  command = plan
  variables {
    zone = "Harbour-2"
  }
  expect_failures = [var.zone]
}

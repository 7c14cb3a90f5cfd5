variables {
  environment      = "dev"
  landing_url      = "s3://assay-dev-landing/"
  landing_role_arn = "arn:aws:iam::111111111111:role/assay-dev-snowflake-landing"
  register_ddl = {
    LOADS        = "create table if not exists {{ register }}.loads (load_id varchar)"
    "LOADS.KIND" = "alter table {{ register }}.loads add column if not exists kind varchar"
  }
  retention_days = 1
  network        = { endpoint_ids = ["vpce-0example"], people_cidrs = ["203.0.113.0/24"] }
  single_sign_on = { issuer = "https://login.example.com", url = "https://login.example.com/saml", certificate = "public", domains = ["example.com"] }
}

run "registers_are_made_by_the_platforms_own_statements" {
  command = plan
  assert {
    condition     = snowflake_execute.register["LOADS"].execute == "create table if not exists \"DEV_PLATFORM\".\"REGISTER\".loads (load_id varchar)"
    error_message = "The statement does not name the register's schema."
  }
  assert {
    condition     = snowflake_execute.register_column["LOADS.KIND"].execute == "alter table \"DEV_PLATFORM\".\"REGISTER\".loads add column if not exists kind varchar"
    error_message = "A column of a later version is not added."
  }
  assert {
    condition     = keys(output.for_zones.register_tables) == ["LOADS"]
    error_message = "A column is no table."
  }
  assert {
    condition     = alltrue([for each in snowflake_execute.register : each.revert == "select 1"])
    error_message = "Taking a register out of the code must not drop it."
  }
}

run "programs_come_through_the_private_link_only" {
  command = apply
  assert {
    condition     = length(snowflake_network_policy.services.allowed_network_rule_list) == 1
    error_message = "The services' policy lets somebody else in."
  }
}

run "the_whole_internet_is_refused" {
  command = plan
  variables {
    network = { endpoint_ids = ["vpce-0example"], people_cidrs = ["0.0.0.0/0"] }
  }
  expect_failures = [var.network]
}

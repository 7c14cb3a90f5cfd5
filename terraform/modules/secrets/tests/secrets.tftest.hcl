variables {
  name          = "assay-dev"
  account_id    = "111111111111"
  zones         = ["air_sea"]
  recovery_days = 7
  syncs         = ["syncs/flights_api"]
  pods = [
    { name = "warehouse-{zone}-transformer", holds = "The login of dbt" },
    { name = "landing-{zone}", holds = "The landing folder" },
    { name = "postgres-company", holds = "A login that reads" },
  ]
}

run "every_secret_has_its_place_by_convention" {
  command = plan
  assert {
    condition = output.names == tolist([
      "assay/connections/airbyte", "assay/connections/chat_air_sea", "assay/connections/chat_platform",
      "assay/connections/kubernetes", "assay/connections/snowflake_air_sea_loader",
      "assay/connections/snowflake_air_sea_publisher", "assay/connections/snowflake_permissions",
      "assay/pods/landing-air-sea", "assay/pods/postgres-company", "assay/pods/warehouse-air-sea-transformer",
      "assay/syncs/flights_api",
    ])
    error_message = "A secret is missing, or not called what docs/secrets.md says."
  }
}

run "secrets_that_cannot_be_brought_back_are_refused" {
  command = plan
  variables {
    recovery_days = 0
  }
  expect_failures = [var.recovery_days]
}

module "secrets" {
  source        = "../.."
  name          = "assay-dev"
  account_id    = "111111111111"
  zones         = ["flights", "weather"]
  recovery_days = 7
  syncs         = ["syncs/flights_api"]
  pods = [
    { name = "warehouse-{zone}-transformer", holds = "The login of dbt" },
    { name = "postgres-company", holds = "A login that reads" },
  ]
}

module "harbour" {
  source         = "../.."
  environment    = "dev"
  zone           = "harbour"
  description    = "Ships in and out."
  landing_url    = "s3://assay-dev-landing/harbour/"
  retention_days = 1
  warehouse      = { size = "XSMALL", suspend_after = 60, monthly_credits = 10, longest_query = 600 }
  ledger_ddl     = { LEASES = "create table if not exists {{ ledger }}.leases (holder varchar)" }
  platform = {
    storage_integration = "ASSAY_DEV_LANDING"
    network_policy      = "ASSAY_DEV_SERVICES"
    zone_tag            = "\"DEV_PLATFORM\".\"GOVERNANCE\".\"ZONE\""
  }
}

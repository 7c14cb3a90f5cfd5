module "landing" {
  source     = "../.."
  name       = "assay-dev"
  account_id = "111111111111"
  region     = "eu-central-1"
  zones      = ["flights", "weather"]
  role_name  = "assay-dev-snowflake-landing"
  keep_days  = 30
  snowflake  = { user = "arn:aws:iam::333333333333:user/snowflake", external_id = "EXAMPLE_1" }
}

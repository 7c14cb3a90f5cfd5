module "platform" {
  source           = "../.."
  environment      = "dev"
  landing_url      = "s3://assay-dev-landing/"
  landing_role_arn = "arn:aws:iam::111111111111:role/assay-dev-snowflake-landing"
  network          = { endpoint_ids = ["vpce-0example"], people_cidrs = ["203.0.113.0/24"] }
  retention_days   = 1
  single_sign_on = {
    issuer      = "https://login.example.com/assay-dev"
    url         = "https://login.example.com/assay-dev/saml"
    certificate = "REPLACE-WITH-THE-IDENTITY-PROVIDERS-PUBLIC-CERTIFICATE"
    domains     = ["example.com"]
  }
}

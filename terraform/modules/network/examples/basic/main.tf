module "network" {
  source          = "../.."
  name            = "assay-dev"
  region          = "eu-central-1"
  cidr            = "10.20.0.0/16"
  zones           = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  transit_gateway = "tgw-0example"
  key_arn         = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  log_days        = 30
  snowflake = {
    endpoint_service = "com.amazonaws.vpce.eu-central-1.vpce-svc-0example"
    hosts = {
      account = "example-assay-dev.privatelink.snowflakecomputing.com"
      ocsp    = "ocsp.example-assay-dev.privatelink.snowflakecomputing.com"
    }
  }
}

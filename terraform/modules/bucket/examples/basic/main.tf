module "reports" {
  source    = "../.."
  name      = "assay-dev-reports"
  key_arn   = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  keep_days = 90
}

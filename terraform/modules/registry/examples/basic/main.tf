module "registry" {
  source  = "../.."
  images  = ["assay/airflow", "assay/dbt", "assay/loader"]
  key_arn = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  keep    = 20
}

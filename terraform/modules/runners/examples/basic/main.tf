module "runners" {
  source       = "../.."
  name         = "assay-dev"
  account_id   = "111111111111"
  region       = "eu-central-1"
  vpc_id       = "vpc-0example"
  subnet_ids   = ["subnet-0a", "subnet-0b"]
  key_arn      = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  gitlab       = { url = "https://gitlab.example.com", project = "data/assay", branch = "main" }
  reviews      = true
  machines     = { instance_type = "m7i.large", maximum = 2 }
  state_bucket = "assay-dev-terraform-state"
}

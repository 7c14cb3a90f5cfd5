module "database" {
  source          = "../.."
  name            = "assay-dev"
  vpc_id          = "vpc-0example"
  subnet_ids      = ["subnet-0a", "subnet-0b"]
  client_group_id = "sg-0cluster"
  key_arn         = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  size            = { instance_class = "db.t4g.medium", gigabytes = 20, standby = false, backup_days = 3 }
}

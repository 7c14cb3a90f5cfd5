module "cluster" {
  source             = "../.."
  name               = "assay-dev"
  account_id         = "111111111111"
  kubernetes_version = "1.34"
  subnet_ids         = ["subnet-0a", "subnet-0b"]
  key_arn            = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-0000-0000-000000000000"
  log_days           = 30
  node_groups = {
    platform = { instance_types = ["m7i.large"], minimum = 2, maximum = 4, spot = false }
    pods     = { instance_types = ["m7i.large", "m6i.large"], minimum = 0, maximum = 6, spot = true, reserved_for = "pods" }
  }
  service_accounts = {
    airflow = {
      namespace       = "airflow"
      service_account = "airflow"
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::assay-dev-logs/*" }]
      })
    }
  }
  administrators   = { deploy = "arn:aws:iam::111111111111:role/assay-dev-deploy" }
  client_group_ids = { runners = "sg-0runners" }
}

module "assay" {
  source      = "../.."
  environment = "dev"
  repository  = "${path.module}/../../../../.."

  aws = { account_id = "111111111111", region = "eu-central-1" }

  network = {
    cidr            = "10.20.0.0/16"
    zones           = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    transit_gateway = "tgw-0dev0example"
    snowflake = {
      endpoint_service = "com.amazonaws.vpce.eu-central-1.vpce-svc-0dev0example"
      hosts = {
        account = "example-assay-dev.privatelink.snowflakecomputing.com"
        ocsp    = "ocsp.example-assay-dev.privatelink.snowflakecomputing.com"
      }
    }
  }

  cluster = {
    version = "1.34"
    node_groups = {
      platform = { instance_types = ["m7i.large"], minimum = 2, maximum = 4, spot = false }
      pods     = { instance_types = ["m7i.large", "m6i.large"], minimum = 0, maximum = 6, spot = true, reserved_for = "pods" }
    }
  }

  database = { instance_class = "db.t4g.medium", gigabytes = 20, standby = false, backup_days = 3 }

  runners = {
    url           = "https://gitlab.example.com"
    project       = "data/assay"
    branch        = "main"
    reviews       = true
    instance_type = "m7i.large"
    maximum       = 2
  }

  people = {
    cidrs = ["203.0.113.0/24"]
    single_sign_on = {
      issuer      = "https://login.example.com/assay-dev"
      url         = "https://login.example.com/assay-dev/saml"
      certificate = "REPLACE-WITH-THE-IDENTITY-PROVIDERS-PUBLIC-CERTIFICATE"
      domains     = ["example.com"]
    }
  }

  warehouse = { size = "XSMALL", suspend_after = 60, monthly_credits = 20, longest_query = 1800 }

  keep = { landing_days = 30, log_days = 30, history_days = 1, secret_days = 7, images = 20 }
}

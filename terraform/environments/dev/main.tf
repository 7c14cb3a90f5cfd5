# The development environment: every value that is this environment's own. What is made of them is in modules/assay.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    snowflake = {
      source  = "snowflakedb/snowflake"
      version = "~> 2.14"
    }
  }
  backend "s3" {
    bucket       = "assay-dev-terraform-state"
    key          = "assay.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["111111111111"]
  default_tags {
    tags = { platform = "assay", environment = "dev" }
  }
}

# Logs in as the AWS role that the job has taken: there is no key to keep.
provider "snowflake" {
  organization_name          = "EXAMPLE"
  account_name               = "ASSAY_DEV"
  role                       = "ASSAY_TERRAFORM"
  authenticator              = "WORKLOAD_IDENTITY"
  workload_identity_provider = "AWS"
  preview_features_enabled = [
    "snowflake_network_policy_attachment_resource",
    "snowflake_network_rule_resource",
    "snowflake_stage_external_s3_resource",
    "snowflake_storage_integration_aws_resource",
  ]
}

module "assay" {
  source      = "../../modules/assay"
  environment = "dev"
  repository  = "${path.root}/../../.."

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

output "assay" {
  description = "What charts, jobs and people need to know of what was made."
  value       = module.assay
}

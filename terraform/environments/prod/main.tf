# The production environment: every value that is this environment's own. What is made of them is in modules/assay.

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
    bucket       = "assay-prod-terraform-state"
    key          = "assay.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["222222222222"]
  default_tags {
    tags = { platform = "assay", environment = "prod" }
  }
}

# Logs in as the AWS role that the job has taken: there is no key to keep.
provider "snowflake" {
  organization_name          = "EXAMPLE"
  account_name               = "ASSAY_PROD"
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
  environment = "prod"
  repository  = "${path.root}/../../.."

  aws = { account_id = "222222222222", region = "eu-central-1" }

  network = {
    cidr            = "10.30.0.0/16"
    zones           = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    transit_gateway = "tgw-0prod0example"
    snowflake = {
      endpoint_service = "com.amazonaws.vpce.eu-central-1.vpce-svc-0prod0example"
      hosts = {
        account = "example-assay-prod.privatelink.snowflakecomputing.com"
        ocsp    = "ocsp.example-assay-prod.privatelink.snowflakecomputing.com"
      }
    }
  }

  cluster = {
    version = "1.34"
    node_groups = {
      platform = { instance_types = ["m7i.xlarge"], minimum = 3, maximum = 6, spot = false }
      pods     = { instance_types = ["m7i.xlarge", "m6i.xlarge"], minimum = 1, maximum = 20, spot = false, reserved_for = "pods" }
    }
  }

  database = { instance_class = "db.m7g.large", gigabytes = 100, standby = true, backup_days = 14 }

  runners = {
    url           = "https://gitlab.example.com"
    project       = "data/assay"
    branch        = "main"
    reviews       = false
    instance_type = "m7i.xlarge"
    maximum       = 4
  }

  people = {
    cidrs = ["203.0.113.0/24"]
    single_sign_on = {
      issuer      = "https://login.example.com/assay-prod"
      url         = "https://login.example.com/assay-prod/saml"
      certificate = "REPLACE-WITH-THE-IDENTITY-PROVIDERS-PUBLIC-CERTIFICATE"
      domains     = ["example.com"]
    }
  }

  warehouse = { size = "SMALL", suspend_after = 60, monthly_credits = 100, longest_query = 3600 }

  keep = { landing_days = 365, log_days = 365, history_days = 7, secret_days = 30, images = 50 }
}

output "assay" {
  description = "What charts, jobs and people need to know of what was made."
  value       = module.assay
}

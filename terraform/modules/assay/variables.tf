variable "environment" {
  description = "dev or prod."
  type        = string
  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environments are dev and prod; local needs no cloud."
  }
}

variable "repository" {
  description = "The checkout: zones, declared secrets and the ledgers' tables are read from it."
  type        = string
}

variable "aws" {
  description = "The account and the region."
  type = object({
    account_id = string
    region     = string
  })
}

variable "network" {
  description = "The network's addresses and zones, and its ways out: the transit gateway, the link to Snowflake."
  type = object({
    cidr            = string
    zones           = list(string)
    transit_gateway = string
    snowflake = object({
      endpoint_service = string
      hosts            = map(string)
    })
  })
}

variable "cluster" {
  description = "Kubernetes: its version and its machines."
  type = object({
    version = string
    node_groups = map(object({
      instance_types = list(string)
      minimum        = number
      maximum        = number
      spot           = bool
      reserved_for   = optional(string)
    }))
  })
}

variable "database" {
  description = "Airflow's database."
  type = object({
    instance_class = string
    gigabytes      = number
    standby        = bool
    backup_days    = number
  })
}

variable "runners" {
  description = "GitLab: its server, the project, the branch that deploys here, whether merge requests build here, the runners' machines."
  type = object({
    url           = string
    project       = string
    branch        = string
    reviews       = bool
    instance_type = string
    maximum       = number
  })
}

variable "people" {
  description = "From where people come, and who says who they are."
  type = object({
    cidrs = list(string)
    single_sign_on = object({
      issuer      = string
      url         = string
      certificate = string
      domains     = list(string)
    })
  })
}

variable "warehouse" {
  description = "Every zone's compute, unless `warehouses` says otherwise for one."
  type = object({
    size            = string
    suspend_after   = number
    monthly_credits = number
    longest_query   = number
  })
}

variable "warehouses" {
  description = "Compute of single zones that need more or less, by zone."
  type = map(object({
    size            = string
    suspend_after   = number
    monthly_credits = number
    longest_query   = number
  }))
  default = {}
}

variable "public_keys" {
  description = "The first public key of service users, by user name; rotation owns the keys from then on."
  type        = map(string)
  default     = {}
}

variable "keep" {
  description = "For how long: files that landed, logs, Snowflake's way back in time, deleted secrets; how many images."
  type = object({
    landing_days = number
    log_days     = number
    history_days = number
    secret_days  = number
    images       = number
  })
}

variable "environment" {
  description = "dev or prod; the first word of every name."
  type        = string
}

variable "zone" {
  description = "The zone's name, as in its zone.yml."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.zone))
    error_message = "A zone's name is lower case letters, digits and underscores, and begins with a letter."
  }
}

variable "description" {
  description = "What the zone is about, for people who browse the warehouse."
  type        = string
}

variable "platform" {
  description = "What the platform module made: storage integration, network policy, zone tag."
  type = object({
    storage_integration = string
    network_policy      = string
    zone_tag            = string
  })
}

variable "ledger_ddl" {
  description = "Statements of the zone's ledgers: create, by table; add a column, by TABLE.COLUMN; a view, by VIEW.TABLE. {{ ledger }} is the schema."
  type        = map(string)
}

variable "landing_url" {
  description = "The zone's folder of the landing bucket, with its last slash."
  type        = string
  validation {
    condition     = can(regex("^s3://.+/$", var.landing_url))
    error_message = "The landing URL is s3://bucket/folder/ with the slash at its end; without it other folders match too."
  }
}

variable "warehouse" {
  description = "The zone's compute: size, seconds until it suspends, credits a month, seconds a statement may take."
  type = object({
    size            = string
    suspend_after   = number
    monthly_credits = number
    longest_query   = number
  })
  validation {
    condition     = var.warehouse.suspend_after > 0 && var.warehouse.suspend_after <= 600
    error_message = "A warehouse suspends after 1 to 600 idle seconds."
  }
}

variable "retention_days" {
  description = "How long Snowflake can go back in time in the zone's tables."
  type        = number
}

variable "public_keys" {
  description = "The first public key of service users, by user name; rotation owns the keys from then on."
  type        = map(string)
  default     = {}
}

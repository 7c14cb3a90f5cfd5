variable "environment" {
  description = "dev or prod; the first word of every name."
  type        = string
}

variable "landing_url" {
  description = "The landing bucket, with its last slash."
  type        = string
}

variable "landing_role_arn" {
  description = "The AWS role that the warehouse takes to read and list the landing bucket."
  type        = string
}

variable "network" {
  description = "From where the account may be reached: private link endpoints, and addresses of people's gateways."
  type = object({
    endpoint_ids = list(string)
    people_cidrs = list(string)
  })
  validation {
    condition     = alltrue([for cidr in var.network.people_cidrs : try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "People come from networks of /16 or smaller; anything wider is the whole Internet by another name."
  }
}

variable "single_sign_on" {
  description = "The company's identity provider, by its SAML metadata. The certificate is public."
  type = object({
    issuer      = string
    url         = string
    certificate = string
    domains     = list(string)
  })
}

variable "retention_days" {
  description = "How long Snowflake can go back in time in the platform's database."
  type        = number
}

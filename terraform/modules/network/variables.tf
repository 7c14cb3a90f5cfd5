variable "name" {
  description = "Goes in front of every name: assay-dev, assay-prod."
  type        = string
}

variable "region" {
  description = "Where it is."
  type        = string
}

variable "cidr" {
  description = "The network's addresses, a /16; each subnet takes a /20 of it."
  type        = string
}

variable "zones" {
  description = "Availability zones, one private subnet in each."
  type        = list(string)
}

variable "transit_gateway" {
  description = "The company's transit gateway: the only way out, so that what leaves is seen. There is no way in."
  type        = string
}

variable "snowflake" {
  description = "Private link to Snowflake: its endpoint service, and the host names that lead there, by purpose."
  type = object({
    endpoint_service = string
    hosts            = map(string)
  })
}

variable "key_arn" {
  description = "The key that flow logs are encrypted with."
  type        = string
}

variable "log_days" {
  description = "How long flow logs are kept."
  type        = number
}

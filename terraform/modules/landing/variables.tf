variable "name" {
  description = "Goes in front of every name: assay-dev, assay-prod."
  type        = string
}

variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "region" {
  description = "Where it is."
  type        = string
}

variable "zones" {
  description = "The zones' names: each has a folder in the bucket, and a queue that says when a file has come."
  type        = set(string)
}

variable "snowflake" {
  description = "As whom Snowflake takes the reading role: its user, and the id that proves it is for us."
  type = object({
    user        = string
    external_id = string
  })
}

variable "role_name" {
  description = "What the reading role is called: the warehouse needs it before the role can be made."
  type        = string
}

variable "keep_days" {
  description = "How long landed files are kept; approved rows are in the warehouse by then."
  type        = number
}

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

variable "vpc_id" {
  description = "The network the runners are in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "key_arn" {
  description = "The key that the runners' disks, and their token, are encrypted with."
  type        = string
}

variable "gitlab" {
  description = "The GitLab server, the project whose jobs may come in, and the branch that may deploy."
  type = object({
    url     = string
    project = string
    branch  = string
  })
}

variable "reviews" {
  description = "Whether jobs of merge requests may log in to the warehouse and to Airbyte here, to build and compare."
  type        = bool
}

variable "state_bucket" {
  description = "The bucket with Terraform's state."
  type        = string
}

variable "machines" {
  description = "The runners' machine type, and how many there may be."
  type = object({
    instance_type = string
    maximum       = number
  })
}

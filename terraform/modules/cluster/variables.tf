variable "name" {
  description = "Goes in front of every name: assay-dev, assay-prod."
  type        = string
}

variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "kubernetes_version" {
  description = "The cluster's version."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "key_arn" {
  description = "The key that Kubernetes' secrets and the nodes' disks are encrypted with."
  type        = string
}

variable "log_days" {
  description = "How long the control plane's logs are kept."
  type        = number
}

variable "node_groups" {
  description = "Groups of machines, by name: types, how many, spot or on demand, and the taint that keeps others off."
  type = map(object({
    instance_types = list(string)
    minimum        = number
    maximum        = number
    spot           = bool
    reserved_for   = optional(string)
  }))
}

variable "service_accounts" {
  description = "Roles of service accounts, by name: who takes it, and what it may do as an IAM policy in JSON."
  type = map(object({
    namespace       = string
    service_account = string
    policy          = string
  }))
}

variable "administrators" {
  description = "ARNs of the roles that may do everything in the cluster, by what they are for."
  type        = map(string)
}

variable "client_group_ids" {
  description = "Security groups, by purpose, whose members may reach the cluster's API."
  type        = map(string)
}

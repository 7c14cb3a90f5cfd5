variable "name" {
  description = "Goes in front of every name: assay-dev, assay-prod."
  type        = string
}

variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "zones" {
  description = "The zones' names."
  type        = set(string)
}

variable "pods" {
  description = "What plugins/assay/secrets/pods.yml declares: name (with {zone} where each zone has its own) and purpose."
  type = list(object({
    name  = string
    holds = string
  }))
}

variable "syncs" {
  description = "What files in airbyte/ name as their secret and nothing else has: names below assay/, syncs/ first."
  type        = set(string)
  default     = []
}

variable "charts" {
  description = "What the charts' values name besides: name below assay/, and purpose."
  type        = map(string)
  default     = {}
}

variable "recovery_days" {
  description = "How long a deleted secret can be brought back."
  type        = number
  validation {
    condition     = var.recovery_days >= 7
    error_message = "Secrets can be brought back for at least 7 days."
  }
}

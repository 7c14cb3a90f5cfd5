variable "name" {
  description = "The bucket's name."
  type        = string
}

variable "key_arn" {
  description = "The key that what is in it is encrypted with."
  type        = string
}

variable "keep_days" {
  description = "How long objects are kept; null for ever."
  type        = number
  default     = null
}

variable "keep_replaced_days" {
  description = "How long replaced and deleted objects can be brought back."
  type        = number
  default     = 30
}

variable "name" {
  description = "Goes in front of every name: assay-dev, assay-prod."
  type        = string
}

variable "vpc_id" {
  description = "The network it is in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two availability zones or more."
  type        = list(string)
}

variable "client_group_id" {
  description = "The security group whose members may connect."
  type        = string
}

variable "key_arn" {
  description = "The key that it is encrypted with, and its password."
  type        = string
}

variable "size" {
  description = "The machine, its disk in GiB, whether a second stands by, and for how many days it can be restored."
  type = object({
    instance_class = string
    gigabytes      = number
    standby        = bool
    backup_days    = number
  })
}

variable "images" {
  description = "Names of the images that are built here."
  type        = set(string)
}

variable "key_arn" {
  description = "The key that images are encrypted with."
  type        = string
}

variable "keep" {
  description = "How many tagged versions of an image are kept."
  type        = number
}

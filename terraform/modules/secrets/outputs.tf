output "names" {
  description = "Every secret there is a place for."
  value       = sort([for name in keys(local.secrets) : "assay/${name}"])
}

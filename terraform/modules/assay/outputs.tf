output "zones" {
  description = "Each zone's database and compute."
  value       = { for name, zone in module.zone : name => { database = zone.database, warehouse = zone.warehouse } }
}

output "cluster" {
  description = "The cluster's name."
  value       = module.cluster.name
}

output "service_account_roles" {
  description = "The AWS role of each service account, for the charts' values."
  value       = module.cluster.service_account_roles
}

output "database" {
  description = "Airflow's database: where it is, and the secret that holds its login."
  value       = { endpoint = module.database.endpoint, password_secret = module.database.password_secret }
}

output "repositories" {
  description = "Where images are pushed."
  value       = module.registry.repositories
}

output "landing_queues" {
  description = "The queue that tells of new files, by zone."
  value       = module.landing.queues
}

output "job_roles" {
  description = "The roles that GitLab's jobs take."
  value       = module.runners.job_roles
}

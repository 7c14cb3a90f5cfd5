output "database" {
  description = "The zone's database."
  value       = snowflake_database.this.name
}

output "roles" {
  description = "The zone's roles: LOADER, TRANSFORMER, PUBLISHER, ANALYST, OWNER."
  value       = local.role
}

output "warehouse" {
  description = "The zone's compute."
  value       = snowflake_warehouse.this.name
}

output "database" {
  description = "The zone's database."
  value       = snowflake_database.this.name
}

output "ledger" {
  description = "The schema of the zone's ledger."
  value       = local.schema["LEDGER"]
}

output "published" {
  description = "The view of its ledger that zones which read from it may see."
  value       = "${local.schema["LEDGER"]}.\"PUBLISHED\""
  depends_on  = [snowflake_execute.ledger_column]
}

output "roles" {
  description = "The zone's roles: LOADER, TRANSFORMER, PUBLISHER, ANALYST, OWNER."
  value       = local.role
}

output "warehouse" {
  description = "The zone's compute."
  value       = snowflake_warehouse.this.name
}

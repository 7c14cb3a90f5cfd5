output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Its private subnets."
  value       = [for subnet in aws_subnet.private : subnet.id]
}

output "snowflake_endpoint_id" {
  description = "The endpoint that the warehouse knows this network by."
  value       = aws_vpc_endpoint.snowflake.id
}

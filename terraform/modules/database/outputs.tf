output "endpoint" {
  description = "Host and port."
  value       = aws_db_instance.this.endpoint
}

output "password_secret" {
  description = "The ARN of the secret that holds the login, in Secrets Manager."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

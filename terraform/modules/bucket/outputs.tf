output "name" {
  description = "The bucket, once it is there."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "The bucket's ARN, known before it is there."
  value       = "arn:aws:s3:::${var.name}"
}

output "repositories" {
  description = "Where each image is pushed, by image."
  value       = { for name, each in aws_ecr_repository.this : name => each.repository_url }
}

output "bucket" {
  description = "The landing bucket."
  value       = module.bucket.name
}

output "queues" {
  description = "The queue of each zone, by zone."
  value       = { for zone, queue in aws_sqs_queue.landed : zone => queue.url }
}

output "security_group_id" {
  description = "The group that the runners are in."
  value       = aws_security_group.runner.id
}

output "job_roles" {
  description = "The roles that jobs take: plan, deploy."
  value       = { for name, role in aws_iam_role.job : name => role.arn }
}

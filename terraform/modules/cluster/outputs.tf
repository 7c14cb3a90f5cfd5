output "security_group_id" {
  description = "The group that every node and pod is in."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "name" {
  description = "The cluster."
  value       = aws_eks_cluster.this.name
}

output "service_account_roles" {
  description = "The role of each service account, for the annotation eks.amazonaws.com/role-arn."
  value       = { for name, role in aws_iam_role.service_account : name => role.arn }
}

output "for_zones" {
  description = "What a zone needs of the platform."
  value = {
    storage_integration = snowflake_storage_integration_aws.landing.name
    network_policy      = snowflake_network_policy.services.name
    zone_tag            = snowflake_tag.zone.fully_qualified_name
  }
}

output "landing_trust" {
  description = "As whom Snowflake takes the role of the landing bucket: its user, and the id that proves it is for us."
  value = {
    user        = snowflake_storage_integration_aws.landing.describe_output[0].iam_user_arn
    external_id = snowflake_storage_integration_aws.landing.describe_output[0].external_id
  }
}

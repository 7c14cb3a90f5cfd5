# Resource types that a provider has removed or will: the next upgrade would stop every plan.
package assay.rules.types

import data.assay.plan
import rego.v1

instead := {
	"aws_alb": "aws_lb",
	"aws_eks_identity_provider_config_legacy": "aws_eks_identity_provider_config",
	"aws_iam_policy_attachment": "aws_iam_role_policy_attachment, which leaves others' attachments alone",
	"aws_s3_bucket_object": "aws_s3_object",
	"aws_security_group_rule": "aws_vpc_security_group_ingress_rule and …_egress_rule",
	"snowflake_file_format": "the type of one format, such as snowflake_file_format_csv",
	"snowflake_function": "the type of one language, such as snowflake_function_sql",
	"snowflake_legacy_service_user": "snowflake_service_user",
	"snowflake_oauth_integration": "snowflake_oauth_integration_for_custom_clients",
	"snowflake_procedure": "the type of one language, such as snowflake_procedure_sql",
	"snowflake_role": "snowflake_account_role",
	"snowflake_role_grants": "snowflake_grant_account_role",
	"snowflake_saml_integration": "snowflake_saml2_integration",
	"snowflake_stage": "snowflake_stage_external_s3 or snowflake_stage_internal",
	"snowflake_storage_integration": "snowflake_storage_integration_aws",
	"snowflake_stream": "the type of one source, such as snowflake_stream_on_table",
	"snowflake_unsafe_execute": "snowflake_execute",
}

findings contains plan.finding("TYPE-1", each, sprintf("%s is removed or about to be; use %s", [each.type, instead[each.type]])) if {
	some each in plan.standing
	instead[each.type]
}

# Every …_grant of the first provider revoked what it did not know when enable_multiple_grants was off.
findings contains plan.finding("TYPE-1", each, sprintf("%s is removed; use snowflake_grant_privileges_to_account_role", [each.type])) if {
	some each in plan.standing
	regex.match(`^snowflake_\w+_grant$`, each.type)
}

findings contains plan.finding("TYPE-2", each, "the provider has moved to snowflakedb/snowflake; the old address gets no more releases") if {
	some each in plan.standing
	lower(object.get(each, "provider_name", "")) in {"registry.terraform.io/snowflake-labs/snowflake", "registry.terraform.io/chanzuckerberg/snowflake"}
}

# What would lie somewhere in the clear.
package assay.rules.encryption

import data.assay.plan
import rego.v1

findings contains plan.finding("ENCRYPT-1", each, sprintf("%s must be on", [key])) if {
	some each in plan.standing
	some [type, key] in [
		["aws_db_instance", "storage_encrypted"],
		["aws_ebs_volume", "encrypted"],
		["aws_efs_file_system", "encrypted"],
		["aws_rds_cluster", "storage_encrypted"],
	]
	each.type == type
	not plan.known_true(each, key)
}

findings contains plan.finding("ENCRYPT-1", each, "a disk of the machines is not encrypted") if {
	some each in plan.standing
	each.type == "aws_launch_template"
	some device in plan.list(plan.after(each, "block_device_mappings"))
	some disk in device.ebs
	not disk.encrypted in {true, "true"}
}

findings contains plan.finding("ENCRYPT-1", each, "the bucket is not encrypted with a key of ours: add an aws_s3_bucket_server_side_encryption_configuration with aws:kms") if {
	some each in plan.standing
	each.type == "aws_s3_bucket"
	not encrypted(plan.after(each, "bucket"))
}

encrypted(bucket) if {
	some configuration in plan.standing
	configuration.type == "aws_s3_bucket_server_side_encryption_configuration"
	plan.after(configuration, "bucket") == bucket
	some rule in plan.after(configuration, "rule")
	some default_ in rule.apply_server_side_encryption_by_default
	default_.sse_algorithm in {"aws:kms", "aws:kms:dsse"}
}

findings contains plan.finding("ENCRYPT-1", each, "Kubernetes' secrets are not encrypted with a key of ours: add encryption_config") if {
	some each in plan.standing
	each.type == "aws_eks_cluster"
	not "secrets" in [resource | some config in plan.list(plan.after(each, "encryption_config")); some resource in config.resources]
}

findings contains plan.finding("ENCRYPT-2", each, sprintf("it names no key of ours in %s", [key])) if {
	some each in plan.standing
	some [type, key] in [
		["aws_cloudwatch_log_group", "kms_key_id"],
		["aws_db_instance", "kms_key_id"],
		["aws_secretsmanager_secret", "kms_key_id"],
		["aws_sqs_queue", "kms_master_key_id"],
	]
	each.type == type
	not plan.set_or_coming(each, key)
}

findings contains plan.finding("ENCRYPT-3", each, "a key that is never changed opens everything it ever closed: enable_key_rotation = true") if {
	some each in plan.standing
	each.type == "aws_kms_key"
	not plan.known_true(each, "enable_key_rotation")
}

findings contains plan.finding("ENCRYPT-4", each, sprintf("%s is in the plan and in the state for all who read them; values go into Secrets Manager by themselves", [key])) if {
	some each in plan.standing
	some [type, key] in [
		["aws_db_instance", "password"],
		["aws_rds_cluster", "master_password"],
		["aws_secretsmanager_secret_version", "secret_binary"],
		["aws_secretsmanager_secret_version", "secret_string"],
		["aws_ssm_parameter", "value"],
		["snowflake_secret_with_basic_authentication", "password"],
		["tls_private_key", "algorithm"],
	]
	each.type == type
	plan.set_or_coming(each, key)
}

# What would lose data, or the last thing that keeps it from being lost.
package assay.rules.destruction

import data.assay.plan
import rego.v1

holds_data := {
	"snowflake_database", "snowflake_schema", "snowflake_stage_external_s3", "snowflake_stage_internal",
	"snowflake_storage_integration_aws", "snowflake_table",
	"aws_db_instance", "aws_ecr_repository", "aws_eks_cluster", "aws_kms_key", "aws_s3_bucket",
	"aws_secretsmanager_secret", "aws_sqs_queue",
}

findings contains plan.finding("DESTROY-1", each, "what it holds would be lost; a replacement starts empty") if {
	some each in plan.ending
	each.type in holds_data
}

findings contains plan.finding("DESTROY-2", each, sprintf("%s = %v takes away what keeps a mistake from losing data; it must be %v", [key, plan.after(each, key), safe])) if {
	some each in plan.standing
	some [type, key, safe] in [
		["aws_db_instance", "deletion_protection", true],
		["aws_eks_cluster", "deletion_protection", true],
	]
	each.type == type
	plan.after(each, key) != safe
}

findings contains plan.finding("DESTROY-2", each, sprintf("%s lets Terraform throw away what is in it", [key])) if {
	some each in plan.standing
	some [type, key] in [
		["aws_db_instance", "skip_final_snapshot"],
		["aws_ecr_repository", "force_delete"],
		["aws_s3_bucket", "force_destroy"],
	]
	each.type == type
	plan.set_or_coming(each, key)
	plan.after(each, key) != false
}

findings contains plan.finding("DESTROY-3", each, sprintf("%s must be %d or more, so that what was deleted can be brought back", [key, least])) if {
	some each in plan.standing
	some [type, key, least] in [
		["aws_db_instance", "backup_retention_period", 1],
		["aws_kms_key", "deletion_window_in_days", 30],
		["aws_secretsmanager_secret", "recovery_window_in_days", 7],
		["snowflake_database", "data_retention_time_in_days", 1],
	]
	each.type == type
	not at_least(plan.after(each, key), least)
}

at_least(value, least) if {
	is_number(value)
	value >= least
}

findings contains plan.finding("DESTROY-4", each, "a statement that is run as it stands may only make what is not there: CREATE … IF NOT EXISTS, or ALTER TABLE … ADD COLUMN IF NOT EXISTS, and one statement") if {
	some each in plan.standing
	each.type in {"snowflake_execute", "snowflake_unsafe_execute"}
	not only_creates(plan.after(each, "execute"))
}

findings contains plan.finding("DESTROY-4", each, "what is run when it goes may not change anything: revert = \"select 1\"") if {
	some each in plan.standing
	each.type in {"snowflake_execute", "snowflake_unsafe_execute"}
	plan.after(each, "revert") != "select 1"
}

only_creates(statement) if {
	is_string(statement)
	regex.match(`^\s*create\s+(transient\s+)?(table|schema|sequence|view)\s+if\s+not\s+exists\s`, lower(statement))
	not contains(statement, ";")
}

# One column of a plain type, with a comment at most.
only_creates(statement) if {
	is_string(statement)
	regex.match(`^\s*alter table [a-z0-9_$".]+ add column if not exists [a-z0-9_]+ [a-z0-9_]+( ?\([0-9]+(, ?[0-9]+)?\))?( comment '[^';]*')?\s*$`, lower(statement))
}

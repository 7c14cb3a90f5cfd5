# A plan of permissions (`assay permissions plan --json`), as the rules look at plans: each change as the resource that
# Terraform would have for it. What is pending is checked too: it is given as soon as it can be.
#
# What a person alone loses is a line that was reviewed, and no rule's business. What a role loses, all lose who have it:
# that is a grant that goes.
package assay.permissions

import rego.v1

actions := {"create", "grant", "revoke", "set"}

is_complete if {
	input.kind == "permissions"
	startswith(input.format_version, "1.")
	is_array(input.changes)
	is_array(input.pending)
	every each in input.changes {
		each.action in actions
	}
}

resource_changes := array.concat(
	[change(each, each.action) | some each in input.changes],
	[change(each, "grant") | some each in input.pending],
)

change(each, action) := {
	"address": each.address,
	"mode": "managed",
	"type": type(each, action),
	"change": effect(each, action),
}

effect(each, action) := {"actions": ["delete"], "before": given(each), "after": null, "after_unknown": {}} if action == "revoke"

else := {"actions": ["create"], "before": null, "after": given(each), "after_unknown": {}} if action == "grant"

else := {"actions": ["update"], "before": null, "after": said(each), "after_unknown": {}}

type(each, action) := "snowflake_user" if action == "set"

else := "snowflake_user" if {
	action == "create"
	each.on.kind == "USER"
}

else := "snowflake_account_role" if action == "create"

else := "a_persons_membership" if {
	action == "revoke"
	each.to.kind == "USER"
}

else := "snowflake_grant_account_role" if is_membership(each)

else := "snowflake_grant_privileges_to_account_role"

is_membership(each) if each.on.kind in {"ROLE", "DATABASE ROLE"}

given(each) := {"role_name": each.on.name, "user_name": each.to.name, "by_roles_yml": true} if {
	is_membership(each)
	each.to.kind == "USER"
}

else := {"role_name": each.on.name, "parent_role_name": each.to.name} if is_membership(each)

else := {"account_role_name": each.to.name, "privileges": [each.privilege]}

said(each) := {"default_role": each.after} if object.get(each, "key", "") == "DEFAULT_ROLE"

else := {"default_role": object.get(each, "default_role", "")}

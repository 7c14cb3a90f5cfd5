# Who may do what in AWS. Policies are read as the JSON they are; one that cannot be read yet is refused.
package assay.rules.iam

import data.assay.plan
import rego.v1

identity_policies := {"aws_iam_group_policy", "aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy"}

resource_policies := {
	"aws_ecr_repository_policy": "policy",
	"aws_iam_role": "assume_role_policy",
	"aws_kms_key": "policy",
	"aws_s3_bucket_policy": "policy",
	"aws_secretsmanager_secret_policy": "policy",
	"aws_sqs_queue_policy": "policy",
}

allowing(document) := [statement |
	is_string(document)
	json.is_valid(document)
	some statement in plan.list(json.unmarshal(document).Statement)
	statement.Effect == "Allow"
]

findings contains plan.finding("IAM-1", each, sprintf("it allows %s; name the actions", [action])) if {
	some each in plan.standing
	identity_policies[each.type]
	some statement in allowing(plan.after(each, "policy"))
	some action in plan.list(object.get(statement, "Action", "NotAction"))
	unbounded(action)
}

findings contains plan.finding("IAM-1", each, "it allows something on every resource; name them") if {
	some each in plan.standing
	identity_policies[each.type]
	some statement in allowing(plan.after(each, "policy"))
	"*" in plan.list(object.get(statement, "Resource", "*"))
}

unbounded(action) if action in {"*", "NotAction"}

unbounded(action) if endswith(action, ":*")

findings contains plan.finding("IAM-2", each, "anybody may use it: a principal of * needs a condition") if {
	some each in plan.standing
	key := resource_policies[each.type]
	some statement in allowing(plan.after(each, key))
	anybody(object.get(statement, "Principal", "*"))
	count(object.get(statement, "Condition", {})) == 0
}

anybody(principal) if principal == "*"

anybody(principal) if {
	is_object(principal)
	"*" in plan.list(principal.AWS)
}

findings contains plan.finding("IAM-3", each, "a managed policy that allows everything, or granting oneself everything") if {
	some each in plan.standing
	startswith(each.type, "aws_iam_")
	some arn in array.concat(plan.list(plan.after(each, "policy_arn")), plan.list(plan.after(each, "managed_policy_arns")))
	regex.match(`:policy/(.*/)?(AdministratorAccess|IAMFullAccess|SystemAdministrator)$`, arn)
}

findings contains plan.finding("IAM-4", each, "a key that lives for ever can be lost for ever; programs take a role, people sign on") if {
	some each in plan.standing
	each.type in {"aws_iam_access_key", "aws_iam_user", "aws_iam_user_login_profile"}
}

findings contains plan.finding("IAM-5", each, "any token of that issuer may take this role: a web identity needs a condition on its subject") if {
	some each in plan.standing
	each.type == "aws_iam_role"
	some statement in allowing(plan.after(each, "assume_role_policy"))
	"sts:AssumeRoleWithWebIdentity" in plan.list(statement.Action)
	not names_its_subject(statement)
}

names_its_subject(statement) if {
	some operator, conditions in statement.Condition
	operator in {"StringEquals", "StringLike"}
	some key, value in conditions
	endswith(key, ":sub")
	not value in {"*", ""}
}

# Fail closed: what it allows is only known when it is too late.
findings contains plan.finding("IAM-6", each, sprintf("what its %s allows is not known yet; build it from names that are", [key])) if {
	some each in plan.standing
	key := policy_key(each.type)
	plan.unknown(each, key)
}

findings contains plan.finding("IAM-6", each, sprintf("its %s is not JSON with statements", [key])) if {
	some each in plan.standing
	key := policy_key(each.type)
	not plan.unknown(each, key)
	is_string(plan.after(each, key))
	not readable(plan.after(each, key))
}

readable(document) if {
	json.is_valid(document)
	count(plan.list(json.unmarshal(document).Statement)) > 0
}

policy_key(type) := "policy" if identity_policies[type]

policy_key(type) := resource_policies[type]

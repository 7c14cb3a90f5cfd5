# What could take access away from those who have it, or give it to those who should not.
package assay.rules.access

import data.assay.plan
import rego.v1

admins := {"ACCOUNTADMIN", "GLOBALORGADMIN", "ORGADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN"}

is_grant(each) if startswith(each.type, "snowflake_grant_")

is_privilege_grant(each) if startswith(each.type, "snowflake_grant_privileges_to_")

recipient(each) := plan.after(each, "account_role_name") if plan.after(each, "account_role_name") != null

else := plan.after(each, "database_role_name")

findings contains plan.finding("ACCESS-1", each, "strict_privilege_management revokes every privilege that Terraform does not know, and shows it only in the next plan; leave it off") if {
	some each in plan.standing
	is_grant(each)
	plan.set_or_coming(each, "strict_privilege_management")
	not plan.after(each, "strict_privilege_management") in {false, "false"}
}

findings contains plan.finding("ACCESS-2", each, "ownership changes hands without COPY, and with it others lose their grants; say outbound_privileges = \"COPY\"") if {
	some each in plan.standing
	each.type == "snowflake_grant_ownership"
	plan.after(each, "outbound_privileges") != "COPY"
}

findings contains plan.finding("ACCESS-3", each, "a grant or role goes, and its holders lose access") if {
	some each in plan.ending
	takes_access(each)
}

takes_access(each) if is_grant(each)

takes_access(each) if each.type in {"snowflake_account_role", "snowflake_database_role", "snowflake_service_user", "snowflake_user"}

findings contains plan.finding("ACCESS-4", each, sprintf("the grant is narrowed: %v would be revoked", [sort(lost)])) if {
	some each in plan.standing
	is_privilege_grant(each)
	"update" in each.change.actions
	before := {privilege | some privilege in plan.list(plan.before(each, "privileges"))}
	lost := before - {privilege | some privilege in plan.list(plan.after(each, "privileges"))}
	count(lost) > 0
}

findings contains plan.finding("ACCESS-4", each, "the grant is narrowed: it was all privileges, and is not any more") if {
	some each in plan.standing
	is_privilege_grant(each)
	plan.before(each, "all_privileges") == true
	not plan.known_true(each, "all_privileges")
}

findings contains plan.finding("ACCESS-4", each, "which privileges remain is not known yet; name them") if {
	some each in plan.standing
	is_privilege_grant(each)
	plan.unknown(each, "privileges")
}

findings contains plan.finding("ACCESS-5", each, "everybody in the account has PUBLIC; grant to the roles that need it") if {
	some each in plan.standing
	is_grant(each)
	plan.word(recipient_or_parent(each)) == "PUBLIC"
}

findings contains plan.finding("ACCESS-5", each, "who is granted this is not known yet; it might be PUBLIC") if {
	some each in plan.standing
	is_grant(each)
	some key in ["account_role_name", "parent_role_name"]
	plan.unknown(each, key)
}

recipient_or_parent(each) := recipient(each) if recipient(each) != null

else := plan.after(each, "parent_role_name")

findings contains plan.finding("ACCESS-6", each, sprintf("%s may do everything of its kind in the account; people get it by roles.yml, programs never", [granted])) if {
	some each in plan.standing
	each.type == "snowflake_grant_account_role"
	granted := plan.word(plan.after(each, "role_name"))
	granted in admins
	not persons_by_roles_yml(each, granted)
}

# Of the system's own roles the one that people may be given, and only there.
persons_by_roles_yml(each, granted) if {
	plan.after(each, "by_roles_yml") == true
	granted == "SYSADMIN"
}

findings contains plan.finding("ACCESS-6", each, sprintf("a user whose default role is %s works with it without noticing", [role])) if {
	some each in plan.standing
	each.type in {"snowflake_user", "snowflake_service_user", "snowflake_legacy_service_user"}
	role := plan.word(plan.after(each, "default_role"))
	role in admins
}

findings contains plan.finding("ACCESS-7", each, "MANAGE GRANTS lets a role grant itself anything") if {
	some each in plan.standing
	is_privilege_grant(each)
	some privilege in plan.list(plan.after(each, "privileges"))
	plan.word(privilege) == "MANAGE GRANTS"
}

findings contains plan.finding("ACCESS-7", each, "all privileges, of today and of later releases; name those that are needed") if {
	some each in plan.standing
	is_privilege_grant(each)
	plan.known_true(each, "all_privileges")
}

findings contains plan.finding("ACCESS-8", each, "with the grant option a role passes access on, and that is not reviewed") if {
	some each in plan.standing
	is_privilege_grant(each)
	plan.set_or_coming(each, "with_grant_option")
	not plan.after(each, "with_grant_option") in {false, "false"}
}

findings contains plan.finding("ACCESS-9", each, "without managed access the maker of a table decides who reads it") if {
	some each in plan.standing
	each.type == "snowflake_schema"
	not plan.known_true(each, "with_managed_access")
}

findings contains plan.finding("ACCESS-10", each, sprintf("%s is a program's role; what its work needs is not for people, nor for other programs", [granted])) if {
	some each in plan.standing
	each.type == "snowflake_grant_account_role"
	granted := plan.word(plan.after(each, "role_name"))
	regex.match(`_(LOADER|TRANSFORMER|PUBLISHER)$`, granted)
	plan.set_or_coming(each, "user_name")
	plan.word(plan.after(each, "user_name")) != granted
}

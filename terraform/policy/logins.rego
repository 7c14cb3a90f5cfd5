# How programs and people get into the warehouse.
package assay.rules.logins

import data.assay.plan
import rego.v1

findings contains plan.finding("LOGIN-1", each, "a service user without a network policy can be used from anywhere with its key") if {
	some each in plan.standing
	each.type == "snowflake_service_user"
	plan.after(each, "network_policy") in {null, ""}
}

findings contains plan.finding("LOGIN-2", each, "a password in Terraform is a password in its state; programs use key pairs, people single sign-on") if {
	some each in plan.standing
	each.type in {"snowflake_user", "snowflake_service_user", "snowflake_legacy_service_user"}
	plan.set_or_coming(each, "password")
}

findings contains plan.finding("LOGIN-2", each, "legacy service users exist to have passwords; make it a snowflake_service_user") if {
	some each in plan.standing
	each.type == "snowflake_legacy_service_user"
}

findings contains plan.finding("LOGIN-3", each, sprintf("%s lets in %s, which is too wide to be one's own network", [key, cidr])) if {
	some each in plan.standing
	each.type in {"snowflake_network_policy", "snowflake_network_rule"}
	some key in ["allowed_ip_list", "value_list"]
	some cidr in plan.list(plan.after(each, key))
	plan.wide(cidr)
}

findings contains plan.finding("LOGIN-3", each, sprintf("whom %s lets in is not known yet", [key])) if {
	some each in plan.standing
	some [type, key] in [["snowflake_network_policy", "allowed_ip_list"], ["snowflake_network_rule", "value_list"]]
	each.type == type
	plan.unknown(each, key)
	not private_link(each)
}

# Endpoints of private links are made in the same plan, and name themselves.
private_link(each) if plan.after(each, "type") == "AWSVPCEID"

findings contains plan.finding("LOGIN-3", each, "a network policy without addresses allows every address") if {
	some each in plan.standing
	each.type == "snowflake_network_policy"
	not plan.unknown(each, "allowed_network_rule_list")
	count(plan.list(plan.after(each, "allowed_ip_list"))) == 0
	count(plan.list(plan.after(each, "allowed_network_rule_list"))) == 0
}

findings contains plan.finding("LOGIN-4", each, "a key in a stage can be read by who can describe it; use the storage integration") if {
	some each in plan.standing
	startswith(each.type, "snowflake_stage")
	plan.set_or_coming(each, "credentials")
	count(plan.list(plan.after(each, "credentials"))) > 0
}

findings contains plan.finding("LOGIN-4", each, "an external stage without a storage integration needs a key; name the integration") if {
	some each in plan.standing
	each.type == "snowflake_stage_external_s3"
	plan.after(each, "storage_integration") in {null, ""}
}

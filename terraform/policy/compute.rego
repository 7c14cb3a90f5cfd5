# What could run up a bill.
package assay.rules.compute

import data.assay.plan
import rego.v1

affordable := {"XSMALL", "X-SMALL", "SMALL", "MEDIUM", "LARGE"}

longest_idle_seconds := 600

findings contains plan.finding("COMPUTE-1", each, sprintf("it must suspend after 1 to %d idle seconds, and it must be written here", [longest_idle_seconds])) if {
	some each in plan.standing
	each.type == "snowflake_warehouse"
	not suspends(plan.after(each, "auto_suspend"))
}

suspends(seconds) if {
	is_number(seconds)
	seconds > 0
	seconds <= longest_idle_seconds
}

findings contains plan.finding("COMPUTE-2", each, sprintf("size %v costs too much to be chosen without a word; up to LARGE is not asked about", [plan.after(each, "warehouse_size")])) if {
	some each in plan.standing
	each.type == "snowflake_warehouse"
	not affordable[plan.word(plan.after(each, "warehouse_size"))]
}

findings contains plan.finding("COMPUTE-3", each, "no monitor counts its credits; name a resource_monitor") if {
	some each in plan.standing
	each.type == "snowflake_warehouse"
	plan.after(each, "resource_monitor") in {null, ""}
}

findings contains plan.finding("COMPUTE-4", each, "a monitor that stops nothing only sends notifications: give it a credit_quota and a suspend_trigger of at most 100") if {
	some each in plan.standing
	each.type == "snowflake_resource_monitor"
	not stops(each)
}

stops(each) if {
	is_number(plan.after(each, "credit_quota"))
	plan.after(each, "credit_quota") > 0
	is_number(plan.after(each, "suspend_trigger"))
	plan.after(each, "suspend_trigger") > 0
	plan.after(each, "suspend_trigger") <= 100
}

findings contains plan.finding("COMPUTE-5", each, "one statement may run for two days; set statement_timeout_in_seconds, to four hours at most") if {
	some each in plan.standing
	each.type == "snowflake_warehouse"
	not ends(plan.after(each, "statement_timeout_in_seconds"))
}

ends(seconds) if {
	is_number(seconds)
	seconds > 0
	seconds <= 14400
}

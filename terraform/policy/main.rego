# Every rule's findings on a plan, less those that are excepted by name until a day.
#
#   terraform show -json plan.bin > plan.json
#   conftest test --policy terraform/policy --data terraform/policy/exceptions.yml plan.json
#
# So are plans of permissions: assay permissions plan --json > plan.json
package main

import data.assay.permissions
import data.assay.rules.access
import data.assay.rules.compute
import data.assay.rules.destruction
import data.assay.rules.encryption
import data.assay.rules.iam
import data.assay.rules.logins
import data.assay.rules.network
import data.assay.rules.types
import rego.v1

findings := (((((((access.findings | compute.findings) | destruction.findings) | encryption.findings) | iam.findings) | logins.findings) | network.findings) | types.findings)

default exceptions := []

exceptions := data.exceptions

deny contains finding if {
	some finding in findings
	not excepted(finding)
}

warn contains object.union(finding, {"msg": sprintf("%s (excepted until %s: %s)", [finding.msg, exception.expires, exception.reason])}) if {
	some finding in findings
	some exception in exceptions
	covers(exception, finding)
}

# Not a plan, or half of one: nothing was looked at, so nothing is right.
deny contains {"id": "PLAN-1", "address": "", "msg": "PLAN-1: this is no complete plan; make it with `terraform show -json plan.bin` or `assay permissions plan --json`"} if {
	not is_complete_plan
}

is_complete_plan if permissions.is_complete

is_complete_plan if {
	is_array(input.resource_changes)
	startswith(input.format_version, "1.")
	object.get(input, "errored", false) == false
	object.get(input, "complete", true) == true
}

deny contains {"id": "EXCEPT-1", "address": object.get(exception, "address", ""), "msg": sprintf("EXCEPT-1 exceptions.yml: %v needs an id, an address, a reason and a day it expires (YYYY-MM-DD)", [exception])} if {
	some exception in exceptions
	not well_formed(exception)
}

deny contains {"id": "EXCEPT-2", "address": exception.address, "msg": sprintf("EXCEPT-2 exceptions.yml: the exception of %s for %s ended on %s; fix it or have it reviewed again", [exception.id, exception.address, exception.expires])} if {
	some exception in exceptions
	well_formed(exception)
	exception.expires < today
}

excepted(finding) if {
	some exception in exceptions
	covers(exception, finding)
}

covers(exception, finding) if {
	well_formed(exception)
	exception.expires >= today
	exception.id == finding.id
	matches(exception.address, finding.address)
}

matches(address, actual) if address == actual

# A star at the end covers every instance of one resource: module.x.aws_iam_role.y[*
matches(address, actual) if {
	endswith(address, "[*]")
	startswith(actual, trim_suffix(address, "*]"))
}

well_formed(exception) if {
	exception.id != ""
	exception.address != ""
	count(exception.reason) >= 20
	regex.match(`^\d{4}-\d{2}-\d{2}$`, exception.expires)
}

today := data.today

today := substring(time.format(time.now_ns()), 0, 10) if not data.today

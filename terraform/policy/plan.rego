# How rules look at a plan: what `terraform show -json` prints, or `assay permissions plan --json`.
package assay.plan

import data.assay.permissions
import rego.v1

changes := permissions.resource_changes if input.kind == "permissions"

else := input.resource_changes

# Resources that will be there when the plan is done, changed or not: what was wrong before is still wrong.
standing := [each |
	some each in changes
	each.mode == "managed"
	is_object(each.change.after)
]

# Resources that will be gone, or taken out of Terraform's sight, or replaced.
ending := [each |
	some each in changes
	each.mode == "managed"
	some action in each.change.actions
	action in {"delete", "forget"}
]

before(each, key) := object.get(each.change.before, key, null) if is_object(each.change.before)

else := null

after(each, key) := object.get(each.change.after, key, null)

# What only applying will show. A rule that needs the value treats it as wrong.
unknown(each, key) if each.change.after_unknown[key] == true

# Set now, or certain to be set: for references, whose value is never known before the thing they name is there.
set_or_coming(each, key) if unknown(each, key)

set_or_coming(each, key) if not after(each, key) in {null, ""}

known_true(each, key) if after(each, key) in {true, "true"}

finding(id, each, says) := {"id": id, "address": each.address, "msg": sprintf("%s %s: %s", [id, each.address, says])}

list(value) := value if is_array(value)

else := [] if is_null(value)

else := [value]

# A name as Snowflake compares it; of what is no text, none.
word(value) := upper(trim(value, "\"")) if is_string(value)

else := ""

# A network that is wider than a /16 is too wide to be one's own.
wide(cidr) if {
	is_string(cidr)
	contains(cidr, "/")
	to_number(split(cidr, "/")[1]) < 16
}

# What would open a door to the Internet.
package assay.rules.network

import data.assay.plan
import rego.v1

everywhere := {"0.0.0.0/0", "::/0"}

findings contains plan.finding("NETWORK-1", each, "the cluster's API would have a public address; endpoint_public_access = false, endpoint_private_access = true") if {
	some each in plan.standing
	each.type == "aws_eks_cluster"
	not private_api(each)
}

private_api(each) if {
	some config in plan.list(plan.after(each, "vpc_config"))
	config.endpoint_public_access == false
	config.endpoint_private_access == true
}

findings contains plan.finding("NETWORK-1", each, sprintf("%s would give it a public address", [key])) if {
	some each in plan.standing
	some [type, key] in [
		["aws_db_instance", "publicly_accessible"],
		["aws_instance", "associate_public_ip_address"],
		["aws_rds_cluster_instance", "publicly_accessible"],
		["aws_subnet", "map_public_ip_on_launch"],
	]
	each.type == type
	plan.set_or_coming(each, key)
	plan.after(each, key) != false
}

findings contains plan.finding("NETWORK-1", each, "a load balancer that is not internal has a public address") if {
	some each in plan.standing
	each.type in {"aws_alb", "aws_lb"}
	not plan.known_true(each, "internal")
}

findings contains plan.finding("NETWORK-1", each, "this network has no way in from the Internet; what must go out goes through the transit gateway") if {
	some each in plan.standing
	each.type in {"aws_eip", "aws_internet_gateway", "aws_nat_gateway"}
}

findings contains plan.finding("NETWORK-2", each, "open to the whole Internet; name the network or the security group that may come in") if {
	some each in plan.standing
	some cidr in incoming(each)
	everywhere[cidr]
}

findings contains plan.finding("NETWORK-2", each, "who may come in is not known yet") if {
	some each in plan.standing
	each.type == "aws_vpc_security_group_ingress_rule"
	some key in ["cidr_ipv4", "cidr_ipv6"]
	plan.unknown(each, key)
}

incoming(each) := [plan.after(each, "cidr_ipv4"), plan.after(each, "cidr_ipv6")] if each.type == "aws_vpc_security_group_ingress_rule"

incoming(each) := array.concat(plan.list(plan.after(each, "cidr_blocks")), plan.list(plan.after(each, "ipv6_cidr_blocks"))) if {
	each.type == "aws_security_group_rule"
	plan.after(each, "type") == "ingress"
}

incoming(each) := [cidr |
	some rule in plan.list(plan.after(each, "ingress"))
	some key in ["cidr_blocks", "ipv6_cidr_blocks"]
	some cidr in plan.list(object.get(rule, key, null))
] if {
	each.type in {"aws_default_security_group", "aws_security_group"}
}

findings contains plan.finding("NETWORK-3", each, "nothing keeps the bucket from becoming public: add an aws_s3_bucket_public_access_block with all four switches on") if {
	some each in plan.standing
	each.type == "aws_s3_bucket"
	not blocked(plan.after(each, "bucket"))
}

blocked(bucket) if {
	some block in plan.standing
	block.type == "aws_s3_bucket_public_access_block"
	plan.after(block, "bucket") == bucket
	every key in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] {
		plan.after(block, key) == true
	}
}

findings contains plan.finding("NETWORK-4", each, "without tokens on the metadata service any request from the machine borrows its rights: http_tokens = \"required\"") if {
	some each in plan.standing
	each.type in {"aws_instance", "aws_launch_template"}
	not guarded(each)
}

guarded(each) if {
	some options in plan.list(plan.after(each, "metadata_options"))
	options.http_tokens == "required"
}

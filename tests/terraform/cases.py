"""For every rule a plan that it refuses, and the same plan put right, which nothing refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]


def resource(
    kind: str,
    after: dict[str, Any] | None,
    before: dict[str, Any] | None = None,
    actions: Sequence[str] = ("create",),
    unknown: Sequence[str] = (),
    provider: str = "",
) -> Resource:
    """A change as `terraform show -json` prints it. What is unknown is absent from `after`, as there."""
    return {
        "address": f"{kind}.it",
        "mode": "managed",
        "type": kind,
        "name": "it",
        "provider_name": f"registry.terraform.io/{provider or 'example/example'}",
        "change": {
            "actions": list(actions),
            "before": before,
            "after": after,
            "after_unknown": dict.fromkeys(unknown, True),
        },
    }


def ends(kind: str, *actions: str) -> Resource:
    """What was there and goes: deleted, or made anew."""
    return resource(kind, {} if "create" in actions else None, {"name": "X"}, actions or ("delete",))


def plan(*resources: Resource, **changes: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "complete": True, "errored": False, "resource_changes": [*resources], **changes}


def policy(action: Any, on: Any = "arn:aws:s3:::assay-dev-landing/*", **more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": on, **more}]}
    )


def grant(**changes: Any) -> dict[str, Any]:
    return {"account_role_name": "DEV_FLIGHTS_LOADER", "privileges": ["USAGE", "CREATE TABLE"], **changes}


def warehouse(**changes: Any) -> dict[str, Any]:
    good = {"name": "DEV_FLIGHTS_WH", "auto_suspend": 60, "warehouse_size": "XSMALL", "resource_monitor": "M"}
    return {**good, "statement_timeout_in_seconds": 1800, **changes}


def rds(**changes: Any) -> dict[str, Any]:
    good = {"storage_encrypted": True, "kms_key_id": "k", "publicly_accessible": False, "deletion_protection": True}
    return {**good, "skip_final_snapshot": False, "backup_retention_period": 3, **changes}


def cluster(**changes: Any) -> dict[str, Any]:
    private = [{"endpoint_public_access": False, "endpoint_private_access": True}]
    good = {"vpc_config": private, "encryption_config": [{"resources": ["secrets"]}], "deletion_protection": True}
    return {**good, **changes}


def bucket(*left_out: str, **blocks: Any) -> list[Resource]:
    """A bucket and what belongs to it, except the kinds that are left out."""
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": blocks.pop("algorithm", "aws:kms")}]}
    parts = [
        resource("aws_s3_bucket", {"bucket": "b"}),
        resource("aws_s3_bucket_public_access_block", {"bucket": "b"} | dict.fromkeys(switches, True) | blocks),
        resource("aws_s3_bucket_server_side_encryption_configuration", {"bucket": "b", "rule": [rule]}),
    ]
    return [part for part in parts if part["type"] not in left_out]


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return {"assume_role_policy": json.dumps({"Statement": [statement]})}


def stage(**changes: Any) -> dict[str, Any]:
    return {
        "name": "INBOX",
        "url": "s3://b/f/",
        "storage_integration": "ASSAY_DEV_LANDING",
        "credentials": [],
        **changes,
    }


def template(disk: dict[str, Any], tokens: str = "required") -> dict[str, Any]:
    return {"metadata_options": [{"http_tokens": tokens}], "block_device_mappings": [{"ebs": [disk]}]}


@dataclass(frozen=True)
class Case:
    """`wrong` is refused by `rule` and by no other; `right` by none."""

    rule: str
    what: str
    wrong: list[Resource]
    right: list[Resource]


def case(rule: str, what: str, wrong: Resource | list[Resource], right: Resource | list[Resource]) -> Case:
    return Case(rule, what, *(each if isinstance(each, list) else [each] for each in (wrong, right)))


PRIVILEGES = "snowflake_grant_privileges_to_account_role"
SERVICE_USER = {"name": "U", "network_policy": "P", "default_role": "DEV_FLIGHTS_LOADER"}
KEPT = resource(PRIVILEGES, grant(), grant(), ("no-op",))
WEB = {"Federated": "arn:aws:iam::111111111111:oidc-provider/gitlab.example.com"}
CREATE = "create table if not exists r.loads (id varchar)"
INGRESS = "aws_vpc_security_group_ingress_rule"
KEY = {"enable_key_rotation": True, "deletion_window_in_days": 30}
MONITOR = {"credit_quota": 20, "suspend_trigger": 95}


def narrowed(before: dict[str, Any], after: dict[str, Any], *unknown: str) -> Resource:
    return resource(PRIVILEGES, after, before, ("update",), unknown)


CASES = (
    case(
        "ACCESS-1",
        "privileges that Terraform does not know are revoked",
        resource(PRIVILEGES, grant(strict_privilege_management=True)),
        resource(PRIVILEGES, grant(strict_privilege_management=False)),
    ),
    case(
        "ACCESS-1",
        "whether they are revoked is not known",
        resource(PRIVILEGES, grant(), unknown=["strict_privilege_management"]),
        KEPT,
    ),
    case(
        "ACCESS-2",
        "ownership revokes what others hold",
        resource("snowflake_grant_ownership", {"account_role_name": "R", "outbound_privileges": "REVOKE"}),
        resource("snowflake_grant_ownership", {"account_role_name": "R", "outbound_privileges": "COPY"}),
    ),
    case(
        "ACCESS-2",
        "ownership without a word about what others hold",
        resource("snowflake_grant_ownership", {"account_role_name": "R", "outbound_privileges": None}),
        resource("snowflake_grant_ownership", {"account_role_name": "R", "outbound_privileges": "COPY"}),
    ),
    case("ACCESS-3", "a grant goes", ends(PRIVILEGES), KEPT),
    case("ACCESS-3", "a future ownership goes", ends("snowflake_grant_ownership"), KEPT),
    case("ACCESS-3", "a role goes", ends("snowflake_account_role"), KEPT),
    case("ACCESS-3", "a grant is taken out of sight", ends(PRIVILEGES, "forget"), KEPT),
    case(
        "ACCESS-4",
        "a grant is narrowed",
        narrowed(grant(), grant(privileges=["USAGE"])),
        narrowed(grant(privileges=["USAGE"]), grant()),
    ),
    case(
        "ACCESS-4",
        "all privileges become some",
        narrowed(grant(all_privileges=True, privileges=None), grant(all_privileges=False)),
        narrowed(grant(), grant()),
    ),
    case(
        "ACCESS-4",
        "what remains is not known",
        narrowed(grant(privileges=[]), grant(privileges=None), "privileges"),
        narrowed(grant(), grant()),
    ),
    case(
        "ACCESS-5",
        "a grant to everybody",
        resource(PRIVILEGES, grant(account_role_name='"public"')),
        resource(PRIVILEGES, grant()),
    ),
    case(
        "ACCESS-5",
        "a role for everybody",
        resource("snowflake_grant_account_role", {"role_name": "DEV_FLIGHTS_ANALYST", "parent_role_name": "PUBLIC"}),
        resource("snowflake_grant_account_role", {"role_name": "DEV_FLIGHTS_ANALYST", "parent_role_name": "SYSADMIN"}),
    ),
    case(
        "ACCESS-5",
        "a grant to nobody knows whom",
        resource(PRIVILEGES, grant(account_role_name=None), unknown=["account_role_name"]),
        resource(PRIVILEGES, grant()),
    ),
    case(
        "ACCESS-6",
        "an administrator's role is given",
        resource("snowflake_grant_account_role", {"role_name": "ACCOUNTADMIN", "user_name": "U"}),
        resource(
            "snowflake_grant_account_role", {"role_name": "DEV_FLIGHTS_LOADER", "user_name": "DEV_FLIGHTS_LOADER"}
        ),
    ),
    case(
        "ACCESS-6",
        "a program works as administrator",
        resource("snowflake_service_user", {**SERVICE_USER, "default_role": "SYSADMIN"}),
        resource("snowflake_service_user", SERVICE_USER),
    ),
    case(
        "ACCESS-7",
        "a role may grant itself anything",
        resource(PRIVILEGES, grant(on_account=True, privileges=["MANAGE GRANTS"])),
        resource(PRIVILEGES, grant()),
    ),
    case(
        "ACCESS-7",
        "all privileges there are",
        resource(PRIVILEGES, grant(all_privileges=True, privileges=None)),
        resource(PRIVILEGES, grant()),
    ),
    case(
        "ACCESS-8",
        "access may be handed on",
        resource(PRIVILEGES, grant(with_grant_option=True)),
        resource(PRIVILEGES, grant(with_grant_option=False)),
    ),
    case(
        "ACCESS-9",
        "makers of tables decide who reads them",
        resource("snowflake_schema", {"with_managed_access": "false"}),
        resource("snowflake_schema", {"with_managed_access": "true"}),
    ),
    case(
        "ACCESS-10",
        "a person has a program's role",
        resource("snowflake_grant_account_role", {"role_name": "DEV_FLIGHTS_LOADER", "user_name": "ANNA"}),
        resource("snowflake_grant_account_role", {"role_name": "DEV_FLIGHTS_OWNER", "user_name": "ANNA"}),
    ),
    case("DESTROY-1", "a database goes", ends("snowflake_database"), KEPT),
    case("DESTROY-1", "a schema goes", ends("snowflake_schema"), KEPT),
    case("DESTROY-1", "a stage goes", ends("snowflake_stage_external_s3"), KEPT),
    case("DESTROY-1", "a bucket goes", ends("aws_s3_bucket"), KEPT),
    case("DESTROY-1", "a key goes", ends("aws_kms_key"), KEPT),
    case("DESTROY-1", "a secret goes", ends("aws_secretsmanager_secret"), KEPT),
    case("DESTROY-1", "a queue is made anew", [ends("aws_sqs_queue", "forget")], KEPT),
    case(
        "DESTROY-1",
        "a replacement stands where a database stood",
        resource("aws_db_instance", rds(), rds(), ("delete", "create")),
        resource("aws_db_instance", rds(), rds(), ("update",)),
    ),
    case(
        "DESTROY-2",
        "protection is taken away",
        resource("aws_db_instance", rds(deletion_protection=False)),
        resource("aws_db_instance", rds()),
    ),
    case(
        "DESTROY-2",
        "a bucket that empties itself",
        [resource("aws_s3_bucket", {"bucket": "b", "force_destroy": True}), *bucket("aws_s3_bucket")],
        bucket(),
    ),
    case(
        "DESTROY-3",
        "a secret is gone at once",
        resource("aws_secretsmanager_secret", {"kms_key_id": "k", "recovery_window_in_days": 0}),
        resource("aws_secretsmanager_secret", {"kms_key_id": "k", "recovery_window_in_days": 7}),
    ),
    case(
        "DESTROY-3",
        "a database without yesterday",
        resource("snowflake_database", {"data_retention_time_in_days": 0}),
        resource("snowflake_database", {"data_retention_time_in_days": 1}),
    ),
    case(
        "DESTROY-4",
        "a statement that drops",
        resource("snowflake_execute", {"execute": "drop database prod_flights", "revert": "select 1"}),
        resource("snowflake_execute", {"execute": CREATE, "revert": "select 1"}),
    ),
    case(
        "DESTROY-4",
        "a second statement behind the first",
        resource("snowflake_execute", {"execute": f"{CREATE}; drop table r.loads", "revert": "select 1"}),
        resource("snowflake_execute", {"execute": CREATE, "revert": "select 1"}),
    ),
    case(
        "DESTROY-4",
        "a statement that drops when it goes",
        resource("snowflake_execute", {"execute": CREATE, "revert": "drop table r.loads"}),
        resource("snowflake_execute", {"execute": CREATE, "revert": "select 1"}),
    ),
    case(
        "DESTROY-4",
        "a statement nobody knows yet",
        resource("snowflake_execute", {"revert": "select 1"}, unknown=["execute"]),
        resource("snowflake_execute", {"execute": CREATE, "revert": "select 1"}),
    ),
    case(
        "LOGIN-1",
        "a program from anywhere",
        resource("snowflake_service_user", {**SERVICE_USER, "network_policy": None}),
        resource("snowflake_service_user", SERVICE_USER),
    ),
    case(
        "LOGIN-1",
        "a program from nobody knows where",
        resource("snowflake_service_user", {"name": "U"}, unknown=["network_policy"]),
        resource("snowflake_service_user", SERVICE_USER),
    ),
    case(
        "LOGIN-2",
        "a password",
        resource("snowflake_user", {"name": "U", "password": "not-a-real-one"}),
        resource("snowflake_user", {"name": "U", "password": None}),
    ),
    case(
        "LOGIN-3",
        "the whole Internet",
        resource("snowflake_network_policy", {"allowed_ip_list": ["0.0.0.0/0"]}),
        resource("snowflake_network_policy", {"allowed_ip_list": ["203.0.113.0/24"]}),
    ),
    case(
        "LOGIN-3",
        "half the Internet, by a rule",
        resource("snowflake_network_rule", {"type": "IPV4", "value_list": ["10.0.0.0/8", "128.0.0.0/1"]}),
        resource("snowflake_network_rule", {"type": "IPV4", "value_list": ["10.20.0.0/16"]}),
    ),
    case(
        "LOGIN-3",
        "nobody knows whom",
        resource("snowflake_network_rule", {"type": "IPV4"}, unknown=["value_list"]),
        resource("snowflake_network_rule", {"type": "AWSVPCEID"}, unknown=["value_list"]),
    ),
    case(
        "LOGIN-3",
        "nobody named, everybody in",
        resource("snowflake_network_policy", {"allowed_ip_list": None}),
        resource("snowflake_network_policy", {"allowed_ip_list": None}, unknown=["allowed_network_rule_list"]),
    ),
    case(
        "LOGIN-4",
        "a key in a stage",
        resource("snowflake_stage_external_s3", stage(credentials=[{"aws_key_id": "not-a-real-one"}])),
        resource("snowflake_stage_external_s3", stage()),
    ),
    case(
        "LOGIN-4",
        "a stage that needs a key",
        resource("snowflake_stage_external_s3", stage(storage_integration=None)),
        resource("snowflake_stage_external_s3", stage()),
    ),
    *(
        case(
            rule,
            what,
            resource("snowflake_warehouse", warehouse(**wrong)),
            resource("snowflake_warehouse", warehouse()),
        )
        for rule, what, wrong in (
            ("COMPUTE-1", "never suspends", {"auto_suspend": 0}),
            ("COMPUTE-1", "suspends when nobody has said", {"auto_suspend": None}),
            ("COMPUTE-1", "suspends after an hour", {"auto_suspend": 3600}),
            ("COMPUTE-2", "too large", {"warehouse_size": "X4LARGE"}),
            ("COMPUTE-2", "of a size nobody knows", {"warehouse_size": None}),
            ("COMPUTE-3", "nobody counts", {"resource_monitor": None}),
            ("COMPUTE-5", "a statement for two days", {"statement_timeout_in_seconds": None}),
        )
    ),
    case(
        "COMPUTE-4",
        "a monitor that only writes letters",
        resource("snowflake_resource_monitor", {"credit_quota": 20, "suspend_trigger": None}),
        resource("snowflake_resource_monitor", MONITOR),
    ),
    case(
        "NETWORK-1",
        "a cluster in public",
        resource(
            "aws_eks_cluster", cluster(vpc_config=[{"endpoint_public_access": True, "endpoint_private_access": True}])
        ),
        resource("aws_eks_cluster", cluster()),
    ),
    case(
        "NETWORK-1",
        "a cluster in public by default",
        resource(
            "aws_eks_cluster", cluster(vpc_config=[{"endpoint_public_access": None, "endpoint_private_access": True}])
        ),
        resource("aws_eks_cluster", cluster()),
    ),
    case(
        "NETWORK-1",
        "a database in public",
        resource("aws_db_instance", rds(publicly_accessible=True)),
        resource("aws_db_instance", rds()),
    ),
    case(
        "NETWORK-1",
        "a load balancer in public",
        resource("aws_lb", {"internal": None}),
        resource("aws_lb", {"internal": True}),
    ),
    case("NETWORK-1", "a way in", resource("aws_internet_gateway", {}), KEPT),
    case(
        "NETWORK-2",
        "a group open to the Internet",
        resource(INGRESS, {"cidr_ipv4": "0.0.0.0/0"}),
        resource(INGRESS, {"cidr_ipv4": "10.20.0.0/16"}),
    ),
    case(
        "NETWORK-2",
        "open to the newer Internet too",
        resource(INGRESS, {"cidr_ipv6": "::/0"}),
        resource(INGRESS, {"referenced_security_group_id": None}, unknown=["referenced_security_group_id"]),
    ),
    case(
        "NETWORK-2",
        "open to nobody knows whom",
        resource(INGRESS, {}, unknown=["cidr_ipv4"]),
        resource(INGRESS, {"cidr_ipv4": "10.20.0.0/16"}),
    ),
    case(
        "NETWORK-2",
        "open inside the group itself",
        resource("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 22}]}),
        resource("aws_security_group", {"ingress": None}),
    ),
    case("NETWORK-3", "a bucket that may become public", bucket("aws_s3_bucket_public_access_block"), bucket()),
    case("NETWORK-3", "three switches of four", bucket(restrict_public_buckets=False), bucket()),
    case(
        "NETWORK-4",
        "rights for the asking",
        resource("aws_launch_template", template({"encrypted": "true"}, tokens="optional")),
        resource("aws_launch_template", template({"encrypted": "true"})),
    ),
    case(
        "IAM-1",
        "everything",
        resource("aws_iam_role_policy", {"policy": policy("*")}),
        resource("aws_iam_role_policy", {"policy": policy("s3:GetObject")}),
    ),
    case(
        "IAM-1",
        "everything of a service",
        resource("aws_iam_policy", {"policy": policy(["s3:GetObject", "secretsmanager:*"])}),
        resource("aws_iam_policy", {"policy": policy(["s3:GetObject", "secretsmanager:GetSecretValue"])}),
    ),
    case(
        "IAM-1",
        "on everything",
        resource("aws_iam_role_policy", {"policy": policy("s3:GetObject", on="*")}),
        resource("aws_iam_role_policy", {"policy": policy("s3:GetObject")}),
    ),
    case(
        "IAM-2",
        "a bucket for anybody",
        resource("aws_s3_bucket_policy", {"policy": policy("s3:GetObject", Principal="*")}),
        resource("aws_s3_bucket_policy", {"policy": policy("s3:GetObject", Principal={"Service": "s3.amazonaws.com"})}),
    ),
    case(
        "IAM-2",
        "a role for anybody",
        resource("aws_iam_role", trust({"AWS": "*"})),
        resource("aws_iam_role", trust({"AWS": "arn:aws:iam::111111111111:root"})),
    ),
    case(
        "IAM-3",
        "an administrator",
        resource("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        resource("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    ),
    case("IAM-4", "a key for ever", resource("aws_iam_access_key", {}), KEPT),
    case(
        "IAM-5",
        "any job of that server",
        resource("aws_iam_role", trust(WEB, Action="sts:AssumeRoleWithWebIdentity")),
        resource(
            "aws_iam_role",
            trust(
                WEB,
                Action="sts:AssumeRoleWithWebIdentity",
                Condition={"StringLike": {"gitlab.example.com:sub": "project_path:data/assay:*"}},
            ),
        ),
    ),
    case(
        "IAM-6",
        "nobody knows what",
        resource("aws_iam_role_policy", {}, unknown=["policy"]),
        resource("aws_iam_role_policy", {"policy": policy("s3:GetObject")}),
    ),
    case(
        "IAM-6",
        "not a policy at all",
        resource("aws_iam_role_policy", {"policy": "allow all"}),
        resource("aws_iam_role_policy", {"policy": policy("s3:GetObject")}),
    ),
    case(
        "ENCRYPT-1",
        "a database in the clear",
        resource("aws_db_instance", rds(storage_encrypted=None)),
        resource("aws_db_instance", rds()),
    ),
    case(
        "ENCRYPT-1",
        "a disk in the clear",
        resource("aws_launch_template", template({"encrypted": None})),
        resource("aws_launch_template", template({"encrypted": "true"})),
    ),
    case("ENCRYPT-1", "a bucket with Amazon's key", bucket(algorithm="AES256"), bucket()),
    case(
        "ENCRYPT-1",
        "secrets of Kubernetes in the clear",
        resource("aws_eks_cluster", cluster(encryption_config=[])),
        resource("aws_eks_cluster", cluster()),
    ),
    case(
        "ENCRYPT-2",
        "a queue without a key",
        resource("aws_sqs_queue", {"kms_master_key_id": None}),
        resource("aws_sqs_queue", {}, unknown=["kms_master_key_id"]),
    ),
    case(
        "ENCRYPT-3",
        "a key for ever",
        resource("aws_kms_key", {**KEY, "enable_key_rotation": None}),
        resource("aws_kms_key", KEY),
    ),
    case(
        "ENCRYPT-4",
        "a secret in the plan",
        resource("aws_secretsmanager_secret_version", {"secret_string": "not-a-real-one"}),
        resource("aws_secretsmanager_secret_version", {"secret_string": None}),
    ),
    case(
        "TYPE-1",
        "a type that is gone",
        resource("snowflake_schema_grant", {"privilege": "USAGE"}),
        resource(PRIVILEGES, grant()),
    ),
    case(
        "TYPE-1",
        "a type that is going",
        resource("aws_s3_bucket_object", {}),
        resource("aws_s3_object", {}),
    ),
    case(
        "TYPE-2",
        "a provider that has moved",
        resource(PRIVILEGES, grant(), provider="Snowflake-Labs/snowflake"),
        resource(PRIVILEGES, grant(), provider="snowflakedb/snowflake"),
    ),
)

"""From an empty account to a bucket for Terraform's state and back: twice, in check mode, and refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.conftest import Account

BUCKET = "assay-local-terraform-state"
ONLY = ("--tags", "state_bucket")


def test_the_states_bucket_is_made_once_and_safely(account: Account) -> None:
    before = account.play("bootstrap", *ONLY, "--check")
    assert before.counts["changed"] == 1, before.text
    assert account.client("s3").list_buckets()["Buckets"] == [], "check mode changes nothing"

    assert account.play("bootstrap", *ONLY).counts["changed"] == 1
    s3 = account.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]

    for options in ((), ("--check",)):
        again = account.play("bootstrap", *ONLY, *options)
        assert again.counts["changed"] == 0, again.text


def test_teardown_is_refused_unless_it_names_what_it_destroys(account: Account) -> None:
    for words in ((), ("--extra-vars", "confirm=yes"), ("--extra-vars", "confirm=assay-prod")):
        refused = account.play("teardown", *words)
        assert refused.status == 2
        assert "say -e confirm=assay-local" in refused.text
        assert refused.counts == {"ok": 0, "changed": 0, "failures": 1, "skipped": 0}


def test_the_states_bucket_goes_only_when_that_is_said_too(account: Account) -> None:
    account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    account.client("s3").put_object(Bucket=BUCKET, Key="assay.tfstate", Body=b"{}")
    words = ("--tags", "state_bucket", "--extra-vars", "confirm=assay-local")
    assert account.play("teardown", *words).counts["changed"] == 0
    assert account.play("teardown", *words, "--extra-vars", "forget_state=true").counts["changed"] == 1
    assert account.client("s3").list_buckets()["Buckets"] == []


# --- Terraform's login, as data ---------------------------------------------------------------------------------------

NOTHING = {"role": False, "user": False, "member": False, "administered": False, "privileges": set()}
ALL = {"role": True, "user": True, "member": True, "administered": True, "privileges": {"CREATE ROLE", "MANAGE GRANTS"}}
WANTED = {"name": "T", "state": "present", "privileges": ["create role", "MANAGE GRANTS"], "identity": "arn:x"}


@pytest.mark.parametrize(
    ("wanted", "found", "statements"),
    [
        (WANTED, ALL, []),
        (WANTED, ALL | {"privileges": {"CREATE ROLE", "CREATE SHARE"}}, [
            'grant MANAGE GRANTS on account to role "T"', 'revoke CREATE SHARE on account from role "T"']),
        (WANTED, ALL | {"member": False}, ['grant role "T" to user "T"']),
        (WANTED | {"privileges": []}, NOTHING, [
            "create role \"T\" comment = 'Terraform works as this role'",
            'grant role "T" to role SYSADMIN',
            "create user \"T\" type = SERVICE default_role = 'T' workload_identity = (type = AWS arn = 'arn:x')",
            'grant role "T" to user "T"']),
        (WANTED | {"state": "absent"}, ALL, ['drop user "T"', 'drop role "T"']),
        (WANTED | {"state": "absent"}, NOTHING, []),
    ],
)  # fmt: skip
def test_terraforms_login_comes_from_what_is_there(
    root: Path, wanted: dict[str, Any], found: dict[str, Any], statements: list[str]
) -> None:
    program = (root / "ansible/roles/warehouse_login/library/snowflake_service_login.py").read_text()
    pure = program.replace(
        "from ansible.module_utils.basic import AnsibleModule", ""
    )  # which is not in this environment
    namespace: dict[str, Any] = {"__name__": "module"}
    exec(compile(pure, "snowflake_service_login", "exec"), namespace)
    assert namespace["statements"](wanted, found) == statements


# --- as files ---------------------------------------------------------------------------------------------------------


def test_environments_have_the_same_values_to_fill(root: Path) -> None:
    files = {path.parent.parent.name: path for path in (root / "ansible" / "inventories").glob("*/group_vars/all.yml")}
    keys = {name: yaml.safe_load(path.read_text()).keys() for name, path in files.items()}
    assert keys.keys() == {"local", "dev", "prod"}
    assert keys["dev"] == keys["prod"] == keys["local"]
    for name, path in files.items():
        assert yaml.safe_load(path.read_text())["assay_environment"] == name


def test_whatever_holds_a_secret_is_in_no_log(root: Path) -> None:
    def tasks(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for entry in entries:
            yield from tasks(entry["block"]) if "block" in entry else [entry]

    files = sorted((root / "ansible" / "roles").glob("*/tasks/*.yml"))
    found = [task for path in files for task in tasks(yaml.safe_load(path.read_text()))]
    secret = [task for task in found if any(word in str(task) for word in ("secretsmanager", "access_token"))]
    assert len(secret) >= 6
    assert [task["name"] for task in secret if task.get("no_log") is not True] == []

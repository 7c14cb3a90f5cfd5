"""Policies are evaluated as AWS does, and what would mean less here than there is rejected."""

from __future__ import annotations

from typing import Any

import pytest

from local.emulators.aws.policies import Need, Policy, PolicyError

READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*"}


def allows(statements: list[dict[str, Any]], action: str, resource: str, **context: str) -> bool:
    keys = {key.replace("_", ":"): value for key, value in context.items()}
    return Policy.read({"Version": "2012-10-17", "Statement": statements}).allows(Need(action, resource, keys))


def test_an_allow_is_needed_and_a_deny_wins() -> None:
    deny = {"Effect": "Deny", "Action": ["S3:getobject"], "Resource": "*/secret"}
    assert allows([READ], "s3:GetObject", "arn:aws:s3:::a/b/c")
    assert not allows([READ], "s3:PutObject", "arn:aws:s3:::a/b")
    assert not allows([READ], "s3:GetObject", "arn:aws:s3:::A/b")
    assert not allows([READ, deny], "s3:GetObject", "arn:aws:s3:::a/secret")
    assert allows([READ, deny], "s3:GetObject", "arn:aws:s3:::a/secrets")
    assert not allows([], "s3:GetObject", "arn:aws:s3:::a/b")


def test_only_stars_and_question_marks_are_wildcards() -> None:
    one = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::a/[x].?"}
    assert allows([one], "s3:GetObject", "arn:aws:s3:::a/[x].y")
    assert not allows([one], "s3:GetObject", "arn:aws:s3:::a/x.y")
    assert not allows([one], "s3:GetObject", "arn:aws:s3:::a/[x].")


@pytest.mark.parametrize("operator", ["StringLike", "StringEquals", "ForAnyValue:StringEquals"])
def test_a_condition_needs_its_key(operator: str) -> None:
    limited = READ | {"Condition": {operator: {"s3:prefix": ["b/", "c/"]}}}
    assert allows([limited], "s3:GetObject", "arn:aws:s3:::a/b", s3_prefix="c/")
    assert not allows([limited], "s3:GetObject", "arn:aws:s3:::a/b", s3_prefix="c/d")
    assert not allows([limited], "s3:GetObject", "arn:aws:s3:::a/b")


@pytest.mark.parametrize(
    "statement",
    [
        READ | {"NotAction": "s3:*"},
        READ | {"Principal": "*"},
        READ | {"Effect": "allow"},
        READ | {"Resource": None},
        READ | {"Action": []},
        READ | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        READ | {"Condition": {"StringNotLike": {"s3:prefix": "x"}}},
        "Allow",
    ],
)
def test_what_is_not_evaluated_is_rejected(statement: Any) -> None:
    with pytest.raises(PolicyError):
        Policy.read({"Statement": [statement]})

"""IAM policies of an identity: whether a request's action on a resource is allowed.

Rules as in AWS's "Policy evaluation logic": an explicit Deny wins, an Allow is needed, everything else is denied. What
this evaluator does not know is rejected when a policy is read, so that no statement means less here than in AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class PolicyError(ValueError):
    """A policy document that cannot be evaluated here; the message says where and why."""


@dataclass(frozen=True)
class Need:
    """What a request needs: an action (`s3:GetObject`), the resource's ARN, and condition keys with their values."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One condition key that has to match one of the values. A request without the key does not match."""

    key: str
    matches: Callable[[str], bool]

    def holds(self, context: Mapping[str, str]) -> bool:
        return self.key in context and self.matches(context[self.key])


@dataclass(frozen=True)
class Statement:
    """One statement: `allows` is False for a Deny."""

    allows: bool
    actions: tuple[re.Pattern[str], ...]
    resources: tuple[re.Pattern[str], ...]
    conditions: tuple[Condition, ...]

    def covers(self, need: Need) -> bool:
        return (
            any(action.fullmatch(need.action) for action in self.actions)
            and any(resource.fullmatch(need.resource) for resource in self.resources)
            and all(condition.holds(need.context) for condition in self.conditions)
        )


@dataclass(frozen=True)
class Policy:
    """The statements of one identity-based policy."""

    statements: tuple[Statement, ...] = ()

    @classmethod
    def read(cls, document: Any) -> Policy:
        """Return the policy of a JSON document. Raises PolicyError."""
        if not isinstance(document, dict) or set(document) - {"Version", "Id", "Statement"}:
            raise PolicyError("a policy is an object of Version and Statement")
        found = document.get("Statement", [])
        return cls(tuple(_statement(each) for each in (found if isinstance(found, list) else [found])))

    def allows(self, need: Need) -> bool:
        covering = [statement for statement in self.statements if statement.covers(need)]
        return bool(covering) and all(statement.allows for statement in covering)


def _statement(document: Any) -> Statement:
    if not isinstance(document, dict):
        raise PolicyError(f"a statement is an object, not {document!r}")
    if unknown := set(document) - {"Sid", "Effect", "Action", "Resource", "Condition"}:
        raise PolicyError(f"a statement has {', '.join(sorted(unknown))}, which the embedded AWS does not evaluate")
    if document.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"Effect is Allow or Deny, not {document.get('Effect')!r}")
    return Statement(
        document["Effect"] == "Allow",
        tuple(_wildcards(text, re.IGNORECASE) for text in _texts("Action", document.get("Action"))),
        tuple(_wildcards(text) for text in _texts("Resource", document.get("Resource"))),
        tuple(_conditions(document.get("Condition", {}))),
    )


def _conditions(document: Any) -> Sequence[Condition]:
    found: list[Condition] = []
    for operator, keys in document.items():
        for key, values in keys.items():
            texts = _texts(key, values)
            match operator:
                case "StringEquals" | "ForAnyValue:StringEquals":
                    found.append(Condition(key, texts.__contains__))
                case "StringLike":
                    found.append(Condition(key, _any(tuple(_wildcards(text) for text in texts))))
                case _:
                    raise PolicyError(f"the embedded AWS does not evaluate the condition {operator}")
    return found


def _any(patterns: tuple[re.Pattern[str], ...]) -> Callable[[str], bool]:
    return lambda value: any(pattern.fullmatch(value) for pattern in patterns)


def _texts(key: str, value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise PolicyError(f"{key} is a text or a list of texts, not {value!r}")
    return tuple(texts)


def _wildcards(text: str, flags: int = 0) -> re.Pattern[str]:
    """`*` stands for any characters and `?` for one; everything else for itself."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter, re.escape(letter)) for letter in text), flags | re.DOTALL)

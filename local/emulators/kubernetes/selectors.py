"""Label and field selectors, as functions from a selector and an object to yes or no."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.emulators.kubernetes.errors import bad_request

_TERM = re.compile(r",(?![^(]*\))")
_SET = re.compile(r"(?P<key>\S+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)")
_EQUAL = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^=!\s]*)")
_LABEL = re.compile(r"(?P<key>[A-Za-z0-9./_-]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[A-Za-z0-9._-]*)")
_KEY = re.compile(r"(?P<not>!?)\s*(?P<key>[A-Za-z0-9][A-Za-z0-9._/-]*)")


def labels_match(selector: str, labels: Mapping[str, str]) -> bool:
    """Equality (`a=b`, `a!=b`), sets (`a in (b, c)`, `a notin (b)`) and existence (`a`, `!a`), joined by commas."""
    return all(_label_term(term.strip(), labels) for term in _TERM.split(selector) if term.strip())


def _label_term(term: str, labels: Mapping[str, str]) -> bool:
    if match := _SET.fullmatch(term):
        among = labels.get(match["key"]) in [value.strip() for value in match["values"].split(",")]
        return among == (match["operator"] == "in")
    if match := _LABEL.fullmatch(term):
        return (labels.get(match["key"]) == match["value"]) == (match["operator"] != "!=")
    if match := _KEY.fullmatch(term):
        return (match["key"] in labels) == (not match["not"])
    raise bad_request(f'unable to parse requirement "{term}" in a label selector')


def fields_match(selector: str, object: Mapping[str, Any]) -> bool:
    """`path=value`, `path==value` and `path!=value`, joined by commas; an absent field is the empty string."""
    return all(_field_term(term.strip(), object) for term in selector.split(",") if term.strip())


def _field_term(term: str, object: Mapping[str, Any]) -> bool:
    match = _EQUAL.fullmatch(term)
    if not match:
        raise bad_request(f'invalid field selector "{term}": it is not of the form path=value')
    found: Any = object
    for part in match["key"].split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return (str(found if found is not None else "") == match["value"]) == (match["operator"] != "!=")


def selects(label_selector: str, field_selector: str) -> Callable[[Mapping[str, Any]], bool]:
    """Both selectors of a request as one question about an object."""

    def matches(object: Mapping[str, Any]) -> bool:
        labels = object["metadata"].get("labels") or {}
        return labels_match(label_selector, labels) and fields_match(field_selector, object)

    return matches

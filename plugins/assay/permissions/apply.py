"""Carries a plan out: what is given comes before what is taken, so that access is never missing in between."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import AssayError
from assay.permissions.model import MEMBERSHIPS, USER, Grant
from assay.permissions.plan import Create, Plan, plan
from assay.permissions.snapshot import read
from assay.permissions.spec import Spec
from assay.sql import templates
from assay.warehouse import Warehouse

MAX_REVOKES = 10
render = templates(__file__)


class PermissionsRefused(AssayError):
    """A plan that is not carried out, or that did not have its effect; the text says why."""


def guard(found: Plan, max_revokes: int = MAX_REVOKES) -> None:
    """Raises PermissionsRefused for a plan that takes away more than `max_revokes` grants: a deleted line, or file,
    looks like that too."""
    if len(found.revokes) > max_revokes:
        raise PermissionsRefused(
            f"{found.file}: revokes that are planned: {len(found.revokes)}, that may be made at once: {max_revokes}; "
            f"if all of them are meant, say --max-revokes {len(found.revokes)}"
        )


def apply(warehouse: Warehouse, spec: Spec, max_revokes: int = MAX_REVOKES) -> Plan:
    """Makes the warehouse as the file wishes, and returns what was done. Doing it again does nothing.

    Statements of this kind commit one by one: when one fails, those before it hold, and doing it again goes on there.
    Raises PermissionsRefused before anything is changed, or when the warehouse afterwards is not as it should be;
    WarehouseError.
    """
    found = plan(spec, read(warehouse, spec))
    guard(found, max_revokes)
    for statement in statements(found):
        warehouse.execute(statement)
    if found and (left := plan(spec, read(warehouse, spec))):
        raise PermissionsRefused(
            f"{found.file}: the warehouse did not keep what was set; look at it there: {'; '.join(left.lines())}"
        )
    return found


def statements(found: Plan) -> Iterator[str]:
    """The plan in SQL, in the order in which it is to be run."""
    yield from (_create(each) for each in found.creates)
    yield from (_grant("grant", each.grant) for each in found.grants)
    yield from (
        render("alter_user", name=each.user, key=each.key, value=each.after) for each in found.settings if each.after
    )
    yield from (_grant("revoke", each.grant) for each in found.revokes)
    yield from (render("unset_user", name=each.user, key=each.key) for each in found.settings if not each.after)


def _create(each: Create) -> str:
    comment = f"Made by {each.because} of roles.yml"
    if each.thing.kind != USER or each.person is None:
        return render("create_role", kind=each.thing.kind.lower(), name=each.thing.name, comment=comment)
    return render(
        "create_user",
        name=each.thing.name,
        email=each.person.email,
        default_role=each.person.default_role,
        default_warehouse=each.person.default_warehouse,
        disabled=str(not each.person.can_login).lower(),
        comment=comment,
    )


def _grant(template: str, grant: Grant) -> str:
    member = grant.on.kind in MEMBERSHIPS
    return render(template, member=member, privilege=grant.privilege, on=grant.on, to=grant.to)

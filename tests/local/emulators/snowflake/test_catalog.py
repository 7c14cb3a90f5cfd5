"""The next view of the catalog is the one that would be made anew from all there is."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count

from local.emulators.snowflake.catalog import (
    Catalog,
    Database,
    Draft,
    FutureGrant,
    Grant,
    Membership,
    Object,
    Role,
    Schema,
)

STEPS = 300
NAMES = "ABCDEF"


def looked_up(catalog: Catalog) -> dict[str, object]:
    """What it answers, in an order of its own."""
    homes = [0, *(thing.id for thing in catalog.securables())]
    return {
        "entries": catalog.entries,
        "databases": {name: catalog.database(name) for name in NAMES},
        "schemas": {(home, name): catalog.schema(home, name) for home in homes for name in NAMES},
        "objects": {(home, name): catalog.object(home, "VIEW", name) for home in homes for name in NAMES},
        "in databases": {home: {schema.id for schema in catalog.schemas_in(home)} for home in homes},
        "in schemas": {home: {thing.id for thing in catalog.objects_in(home)} for home in homes},
        "grants": {home: {grant.key for grant in catalog.grants_on(home)} for home in homes},
        "future": {home: {grant.key for grant in catalog.future_grants_in(home)} for home in homes},
        "roles": {name: catalog.inherited(name) for name in NAMES},
    }


def change(draft: Draft, dice: random.Random) -> None:
    """One statement's worth: make, rename, swap, move, drop, grant, revoke."""
    base = draft.base
    databases, schemas, objects = (sorted(base.all(kind), key=lambda e: e.id) for kind in (Database, Schema, Object))
    match dice.randrange(8):
        case 0 if len(databases) < len(NAMES):
            name = next(name for name in NAMES if base.database(name) is None)
            draft.put(Database(draft.new_id(), name, "A", 0))
        case 1 if databases:
            home, name = dice.choice(databases), dice.choice(NAMES)
            if base.schema(home.id, name) is None:
                made = Schema(draft.new_id(), home.id, name, "A", 0)
                draft.put(made, FutureGrant("SELECT", "TABLE", made.id, "B", "A", 0))
        case 2 if schemas:
            within, name = dice.choice(schemas), dice.choice(NAMES)
            thing = Object(draft.new_id(), within.id, name, dice.choice(["TABLE", "VIEW"]), "A", 0, 0)
            if (replaced := base.object(within.id, "TABLE", name)) is not None:
                draft.put(thing)  # the new one first: the name is not the old one's to take away
                draft.remove([replaced, *base.grants_on(replaced.id)])
            draft.put(thing, Grant("SELECT", "TABLE", thing.id, "B", "A", 0))
        case 3 if len(schemas) > 1:
            one, other = dice.sample(schemas, 2)
            swapped = {"name": one.name, "database": one.database}
            draft.put(replace(one, name=other.name, database=other.database), replace(other, **swapped))
        case 4 if objects:
            thing = dice.choice(objects)
            if base.object(thing.schema, "TABLE", "D") is None:
                draft.put(replace(thing, name="D"))
        case 5:
            role, to = dice.sample(NAMES, 2)
            draft.put(Role(role, "A", 0))
            if to not in base.inherited(role):
                draft.put(Membership(role, "ROLE", to, "A", 0))
        case 6 if len(schemas) > len(NAMES):
            old = dice.choice(schemas)
            draft.remove([old, *base.objects_in(old.id), *base.future_grants_in(old.id)])
        case 7:
            for kind in (Grant, Membership):
                if len(there := sorted(base.all(kind), key=lambda e: e.key)) > len(NAMES):
                    draft.remove([dice.choice(there)])


def test_each_change_leaves_what_making_it_anew_would_make_and_the_view_before_as_it_was() -> None:
    dice, ids = random.Random(20130101), count(1)
    catalog = Catalog({})
    for _ in range(STEPS):
        draft = Draft(catalog, ids)
        change(draft, dice)
        before, after = looked_up(catalog), draft.catalog()
        anew = Catalog(after.entries)
        assert looked_up(after) == looked_up(anew)
        assert after._groups == anew._groups, "what was dropped leaves nothing behind"
        assert looked_up(catalog) == before
        catalog = after
    for kind in (Database, Schema, Object, Grant, FutureGrant, Membership):
        assert len(catalog.all(kind)) > 3, kind

"""What should be in an account: Terraform's rights, what `roles.yml` grants, and what releases grant on gold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from assay.permissions import login
from assay.permissions.account import Account
from assay.permissions.desired_state import desired
from assay.permissions.model import FUTURE, ROLE, Grant, Snapshot, Thing
from assay.permissions.rights import Program, Rights
from assay.permissions.spec import Spec
from assay.zones.names import CANDIDATE, GOLD

SYSTEM_ROLES = frozenset(
    {"ACCOUNTADMIN", "GLOBALORGADMIN", "ORGADMIN", "PUBLIC", "SECURITYADMIN", "SYSADMIN", "USERADMIN"}
)
MAKERS = frozenset({"ACCOUNTADMIN", "SYSADMIN", "SECURITYADMIN", "USERADMIN", login.NAME})
HIERARCHY = (("SYSADMIN", "ACCOUNTADMIN"), ("SECURITYADMIN", "ACCOUNTADMIN"), ("USERADMIN", "SECURITYADMIN"))
TERRAFORMS_OWN = ("LANDING", "SSO", "SERVICES", "ACCOUNT")
"""Last words of the names of Terraform's integrations and network policies: terraform/modules/platform."""


class Expected:
    """`snapshot` is what exists, which stars in the file stand for; `administrators` are users and roles that roles.yml
    does not describe: the account's first administrator, Terraform's login."""

    def __init__(
        self, spec: Spec, rights: Rights, snapshot: Snapshot, environment: str, administrators: Iterable[str] = ()
    ) -> None:
        self._spec, self._rights, self._environment = spec, rights, environment.upper()
        self.administrators = frozenset({*administrators, "ACCOUNTADMIN"})
        self.makers = MAKERS | self.administrators
        self.programs: Mapping[str, Program] = rights.programs
        self.things = rights.things
        self.owners = rights.owners
        self.stages = rights.stages
        self.system_roles = SYSTEM_ROLES
        self.roles = frozenset({*(each.name for each in rights.things if each.kind == ROLE), *spec.roles})
        self._desired = dict(desired(spec, snapshot))
        self._hierarchy = {Grant(Thing(ROLE, to), Thing(ROLE, role), "USAGE") for role, to in HIERARCHY}

    def source(self, role: str) -> str:
        return self._spec.file if role in self._spec.roles else "Terraform"

    def holds(self, grant: Grant) -> bool:
        """Whether this grant is allowed."""
        return (
            grant in self._rights.grants
            or grant in self._desired
            or grant in self._hierarchy
            or self._everything_in(grant)
            or self._released(grant)
        )

    def required(self, account: Account) -> Iterator[tuple[Grant, str]]:
        """What has to be held where both sides exist, with who grants it."""
        yield from ((grant, "Terraform") for grant in sorted(self._rights.grants))
        yield from ((grant, f"{self._spec.file} ({key})") for grant, key in self._desired.items())
        for each in sorted(self._rights.every):
            for thing in account.owners:
                if thing.kind == each.on.kind and thing.name.rpartition(".")[0] == each.on.name:
                    yield Grant(each.to, thing, each.privilege), "Terraform"

    def knows(self, thing: Thing) -> bool:
        """Whether something of the account (not inside a database) is Terraform's, or listed in the file."""
        if thing in self._rights.things or thing in self._spec.listed:
            return True
        if thing.kind in ("INTEGRATION", "NETWORK POLICY"):
            return thing.name in {f"ASSAY_{self._environment}_{word}" for word in TERRAFORMS_OWN}
        if thing.kind == "RESOURCE MONITOR":
            return thing.name.removesuffix("_MONITOR") in self._rights.databases
        return thing.kind in ("ROLE", "USER")  # compared on their own

    def owners_of(self, thing: Thing) -> frozenset[str] | None:
        """Who may own something inside a database; None where nothing here says."""
        if thing in self._rights.owners:
            return frozenset({self._rights.owners[thing]})
        database, schema, *_ = thing.name.split(".")
        if database not in self._rights.databases or schema in ("PUBLIC", "GOVERNANCE"):
            return None
        if thing in self._rights.things:
            return self.makers
        home = Thing("DATABASE", database) if thing.name.count(".") == 1 else Thing("SCHEMA", f"{database}.{schema}")
        creators = self._creators.get((home, f"CREATE {thing.kind}"), frozenset())
        gold = self._rights.gold.get(database)
        if gold and schema.startswith(GOLD) and thing.name.count(".") > 1:
            creators |= {gold.publisher, gold.transformer}
        return creators

    @cached_property
    def _creators(self) -> dict[tuple[Thing, str], frozenset[str]]:
        """The service roles that may create a kind in a place, with those that contain them."""
        above: dict[str, set[str]] = {}
        for grant in self._rights.grants:
            if (grant.on.kind, grant.to.kind) == (ROLE, ROLE) and grant.to.name not in MAKERS:
                above.setdefault(grant.on.name, set()).add(grant.to.name)
        found: dict[tuple[Thing, str], frozenset[str]] = {}
        for grant in self._rights.grants:
            if grant.privilege.startswith("CREATE "):
                key = (grant.on, grant.privilege)
                found[key] = found.get(key, frozenset()) | {grant.to.name} | above.get(grant.to.name, set())
        return found

    def _everything_in(self, grant: Grant) -> bool:
        """Whether it is one of a grant on all things, or on future things, of a schema or database."""
        parts = grant.on.name.split(".")
        homes = [".".join(parts[:end]) for end in range(1, len(parts))]
        for home in homes:
            if Grant(grant.to, Thing(grant.on.kind, home), grant.privilege) in self._rights.every:
                return True
            future = Grant(grant.to, Thing(f"{FUTURE}{grant.on.kind}", home), grant.privilege)
            if future in self._rights.grants or future in self._desired:
                return True
        return False

    def _released(self, grant: Grant) -> bool:
        """What a release grants on a schema of gold and its tables, and what its build needs on the candidate."""
        database, *rest = grant.on.name.split(".")
        gold = self._rights.gold.get(database)
        if gold is None or not rest or not rest[0].startswith(GOLD) or grant.to.kind != ROLE:
            return False
        to, own = grant.to.name, (gold.analyst, gold.transformer)
        if grant.on.kind == "SCHEMA":
            if grant.privilege.startswith("CREATE "):
                return to == gold.transformer and rest[0] == CANDIDATE
            opened = rest[0] == GOLD and (to in own or to in gold.readers)  # what is not live is closed
            return grant.privilege == "USAGE" and (opened or (to == gold.transformer and rest[0] == CANDIDATE))
        readable = grant.on.kind in ("TABLE", "VIEW") and grant.privilege == "SELECT"
        return readable and (to in own or rest[-1] in gold.readers.get(to, ()))

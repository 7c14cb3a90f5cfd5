"""What a zone needs in a Snowflake account, and who may do what with it, as statements for an administrator.

Who sees what, in one zone:

    LOADER       writes LANDING, QUARANTINE and BRONZE's source tables; the ledger of loads
    TRANSFORMER  reads BRONZE, writes BRONZE, SILVER, the rows that failed tests, and the release candidate; reads GOLD
    PUBLISHER    owns the three gold schemas, contains TRANSFORMER (a role can only hand over ownership to roles it
                 contains), and writes the ledger of releases
    ANALYST      reads GOLD
    OWNER        reads GOLD and QUARANTINE

What the zone remembers is in the tables of its LEDGER: loads, releases, and what `sql/ledger.sql` lists of its runs.
`sql/ledger_grants.sql` says which service role may read and write which. No role of a zone writes another's; a zone
that reads from it sees in the view PUBLISHED which release was live when.

A grant on a schema or table stays with it through a swap: `assay.releases` opens what goes live, and closes what
leaves. Here only the first, empty GOLD gets its readers.

This module stands above the ledgers, which stand above the zone model: `assay.zones` does not import it.
"""

from collections.abc import Mapping, Sequence

from assay import load_ledger, sql
from assay.releases import ledger as release_ledger
from assay.zones.names import GOLD, GOLD_SCHEMAS, SCHEMAS, ServiceRole, ZoneNames
from assay.zones.readers import readers
from assay.zones.zone import Zone

render = sql.templates(__file__)


def statements(zone: Zone, environment: str, zones: Sequence[Zone], service_users: Mapping[str, str]) -> list[str]:
    """Everything the zone needs, in order; running them again changes nothing, and no key of a user that is there.

    `service_users` maps user names (`LOCAL_FLIGHTS_LOADER`) to their first public keys; users of other zones are
    passed over.
    Raises KeyError with the user's name when the key of one of the zone's own users is missing.
    """
    names = ZoneNames(environment, zone.zone)
    service_roles = {service_role.value: names.role(service_role) for service_role in ServiceRole}
    roles = [*service_roles.values(), names.analyst, names.owner]
    context = {
        "names": names,
        "platform": names.platform,
        "ledger": names.ledger,
        "schemas": SCHEMAS,
        "gold": names.schema(GOLD),
        "gold_schemas": GOLD_SCHEMAS,
        "roles": roles,
        "analyst": names.analyst,
        "owner": names.owner,
        "readers": readers(zone, environment, zones),
        "users": {user: service_users[user] for user in service_roles.values()},
        **service_roles,
    }
    granted = ("loader", "transformer", "publisher", "ledger_grants", "readers", "users")
    return [
        *_split("platform", context),
        *_split("roles", context),
        *_split("zone", context),
        *load_ledger.ddl(names),
        *release_ledger.ddl(names),
        *ledger_ddl(names),
        *(statement for name in granted for statement in _split(name, context)),
    ]


def ledger_ddl(names: ZoneNames) -> list[str]:
    """The statements that make the zone's own ledger, or bring an older one up to date. Safe to run again."""
    return _split("ledger", {"ledger": names.ledger})


def _split(name: str, context: Mapping[str, object]) -> list[str]:
    return sql.statements(render(name, **context))

"""The one place that knows what things are called: databases, schemas, roles, connections, secrets.

Terraform, the DAGs, the CLI and the embedded warehouse all follow these names, so a zone's name and
an environment are enough to find everything that belongs to it.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """The layers dbt builds, in the order data passes through them."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class ServiceRole(StrEnum):
    """What a service user may do in its zone; each service role has one role and one user of the same name."""

    LOADER = "loader"
    TRANSFORMER = "transformer"
    PUBLISHER = "publisher"


PLATFORM_CHAT = "chat_platform"
"""The Airflow connection of the platform's own channel. A zone without a webhook of its own is posted by it."""

LANDING = "LANDING"
QUARANTINE = "QUARANTINE"
GOLD = "GOLD"
CANDIDATE = "GOLD_NEXT"
PREVIOUS = "GOLD_PREVIOUS"
LEDGER = "LEDGER"
GOLD_SCHEMAS = (GOLD, CANDIDATE, PREVIOUS)
SCHEMAS = (LANDING, QUARANTINE, "BRONZE", "SILVER", *GOLD_SCHEMAS, LEDGER)


@dataclass(frozen=True)
class ZoneNames:
    """Names in one environment (`local`, `dev`, `prod`) for one zone (lower case, `[a-z][a-z0-9_]*`)."""

    environment: str
    zone: str

    @property
    def database(self) -> str:
        return f"{self.environment}_{self.zone}".upper()

    @property
    def platform(self) -> str:
        """The database that belongs to no zone."""
        return f"{self.environment}_platform".upper()

    @property
    def ledger(self) -> str:
        """The schema in the zone's own database with what the zone remembers of its runs: `grants/sql/ledger.sql`."""
        return self.schema(LEDGER)

    @property
    def warehouse(self) -> str:
        """The compute that the zone's queries run on."""
        return f"{self.database}_WH"

    @property
    def stage(self) -> str:
        """The external stage over the zone's own folder of the landing bucket."""
        return f"{self.database}.{LANDING}.INBOX"

    @property
    def storage_integration(self) -> str:
        """What lets the warehouse into the landing bucket; one for all zones of an environment."""
        return f"ASSAY_{self.environment}_LANDING".upper()

    @property
    def landing_bucket(self) -> str:
        return f"s3://assay-{self.environment}-landing"

    @property
    def landing_role(self) -> str:
        """The AWS role by which the storage integration reads the landing bucket."""
        return f"assay-{self.environment}-snowflake-landing"

    @property
    def landing_url(self) -> str:
        return f"{self.landing_bucket}/{self.zone}"

    def role(self, service_role: ServiceRole) -> str:
        return f"{self.database}_{service_role}".upper()

    @property
    def analyst(self) -> str:
        """The human role that reads the zone's gold."""
        return f"{self.database}_ANALYST"

    @property
    def owner(self) -> str:
        """The human role that reads gold and quarantine."""
        return f"{self.database}_OWNER"

    def schema(self, name: str) -> str:
        return f"{self.database}.{name}".upper()

    def load_table(self, table: str, load_id: str) -> str:
        """The landing table of one load: `LOCAL_FLIGHTS.LANDING.PLANES__L0123456789AB`."""
        return f"{self.database}.{LANDING}.{table}__{load_id}".upper()

    def approved(self, table: str) -> str:
        """The table that approved loads are merged into, and dbt reads as a source."""
        return f"{self.database}.BRONZE.SRC_{table}".upper()

    def quarantine(self, table: str) -> str:
        return f"{self.database}.{QUARANTINE}.{table}".upper()

    def connection(self, service_role: ServiceRole) -> str:
        """The Airflow connection of a service user."""
        return f"snowflake_{self.zone}_{service_role}"

    @property
    def chat_connection(self) -> str:
        return f"chat_{self.zone}"

    def warehouse_secret(self, service_role: ServiceRole) -> str:
        """The Kubernetes Secret with a service user's login."""
        return f"warehouse-{self.zone}-{service_role}".replace("_", "-")

    @property
    def landing_secret(self) -> str:
        """The Kubernetes Secret with access to the zone's folder of the landing bucket."""
        return f"landing-{self.zone}".replace("_", "-")


def compact_id(zone: str, source: str) -> str:
    """The one record in the load ledger that stands for a source's loads whose own records have been removed."""
    return "C" + hashlib.sha256("\0".join((zone, source)).encode()).hexdigest()[:12].upper()


def load_id(zone: str, source: str, run_id: str) -> str:
    """The identity of a load: zone, source and Airflow run always give the same id, so a retry is the same load."""
    return "L" + hashlib.sha256("\0".join((zone, source, run_id)).encode()).hexdigest()[:12].upper()

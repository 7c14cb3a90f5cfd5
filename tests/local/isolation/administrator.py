"""What the platform's administrator does around the pod: `python -m tests.local.isolation.administrator STATE WHAT`.

`prepare` provisions the platform and gives zone flights something to hide; `state` prints everything that a pod of zone
weather must not change.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import snowflake.connector

from assay.secrets.names import pod_key
from local.company.demo_company import DemoCompany
from local.platform.provision import Provision
from local.state.endpoints import BUCKET, Endpoints
from tools.runtime.layout import ROOT, Layout

SECRET = "theirs-7f3a91c2"
"""In everything that zone flights holds, so that it is known wherever it turns up."""
HIDDEN = "HIDDEN_5D0E"
"""A name that a pod cannot guess, of a table, a file and a secret of zone flights."""
SCHEMAS = ("LANDING", "QUARANTINE", "BRONZE", "SILVER", "GOLD", "GOLD_NEXT", "GOLD_PREVIOUS", "LEDGER")
OWN = ("LOCAL_WEATHER.LANDING.", "LOCAL_WEATHER.BRONZE.", "LOCAL_WEATHER.SILVER.", "LOCAL_WEATHER.QUARANTINE.")
"""Where users of zone weather make things of their own."""
STEPS = ("_secrets", "_bucket", "_warehouse", "_permissions", "_airbyte", "_pod_secrets")


def prepare(endpoints: Endpoints) -> None:
    provision = Provision(endpoints, lambda _: None)
    for step in STEPS:
        getattr(provision, step)()
    DemoCompany(endpoints).provision()
    with closing(snowflake.connector.connect(**endpoints.warehouse_administrator())) as connection:
        cursor = connection.cursor()
        for zone, value in (("FLIGHTS", SECRET), ("WEATHER", "own")):
            for schema in SCHEMAS:
                for name in ("KNOWN", HIDDEN):
                    if zone == "FLIGHTS" or name == "KNOWN":
                        cursor.execute(f"create table if not exists LOCAL_{zone}.{schema}.{name} (value varchar)")
                        cursor.execute(f"insert into LOCAL_{zone}.{schema}.{name} values ('{value}')")
    s3, manager = endpoints.aws("s3"), endpoints.aws("secretsmanager")
    for key in (f"flights/loads/known/{HIDDEN}.csv", "flights/loads/known/a.csv", "flights/incoming/a.csv", "a.csv"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=SECRET.encode())
    s3.put_object(Bucket=BUCKET, Key="weather/incoming/own.csv", Body=b"own")
    manager.create_secret(Name=pod_key(HIDDEN), SecretString=SECRET)


def state(endpoints: Endpoints) -> dict[str, Any]:
    """Objects outside of the loads of zone weather, secrets, and the warehouse but for what zone weather may write."""
    s3, manager = endpoints.aws("s3"), endpoints.aws("secretsmanager")
    found: dict[str, Any] = {
        f"object {each['Key']}": each["ETag"]
        for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        if not each["Key"].startswith("weather/loads/")
    }
    found["buckets"] = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    for each in manager.list_secrets()["SecretList"]:
        found[f"secret {each['Name']}"] = manager.get_secret_value(SecretId=each["Name"])["SecretString"]
    with closing(snowflake.connector.connect(**endpoints.warehouse_administrator())) as connection:
        cursor = connection.cursor()

        def rows(statement: str) -> list[tuple[Any, ...]]:
            return sorted(map(tuple, cursor.execute(statement).fetchall()), key=str)

        for schema in SCHEMAS:
            for name in ("KNOWN", HIDDEN):
                found[f"table {schema}.{name}"] = rows(f"select * from LOCAL_FLIGHTS.{schema}.{name}")
        found |= _named(cursor, "tables in database LOCAL_FLIGHTS", "schema_name", "name")
        found |= _named(cursor, "databases", "name") | _named(cursor, "users", "name", "has_rsa_public_key", "disabled")
        found |= _named(cursor, "schemas in database LOCAL_FLIGHTS", "name", "owner") | _named(cursor, "roles", "name")
        found |= _named(cursor, "integrations", "name") | _named(cursor, "warehouses", "name", "size", "auto_suspend")
        for role in [row[0] for row in found["roles"]]:
            held = _named(cursor, f"grants to role {role}", "privilege", "granted_on", "name", "grant_option")
            found |= {what: [each for each in grants if not each[2].startswith(OWN)] for what, grants in held.items()}
    return found


def _named(cursor: Any, what: str, *columns: str) -> dict[str, Any]:
    cursor.execute(f"show {what}")
    places = [[each.name for each in cursor.description].index(column) for column in columns]
    return {what: sorted([str(row[place]) for place in places] for row in cursor.fetchall())}


WHAT: dict[str, Callable[[Endpoints], Any]] = {"prepare": prepare, "state": state}

if __name__ == "__main__":
    print(json.dumps(WHAT[sys.argv[2]](Endpoints(Layout(ROOT, Path(sys.argv[1])))), default=str))

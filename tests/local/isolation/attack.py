"""Run in a pod: tries what its environment lets it; prints as JSON what it got, what it could do, and what it lacks.

`python -m tests.local.isolation.attack '{"ports": {…}, "marks": […], …}'`. Prints names of attempts,
never what was found.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psycopg
import requests
import snowflake.connector
from botocore.exceptions import BotoCoreError, ClientError

from tests.local.isolation.aws_calls import BUCKET, of_aws

THEIRS, MINE = "LOCAL_FLIGHTS", "LOCAL_WEATHER"
GOT: list[str] = []
DONE: list[str] = []
FAILED: list[str] = []
TRIED: list[str] = []


class Attacker:
    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def tried(self, name: str, attempt: Callable[[], Any], *, may: bool = False) -> None:
        """Note an attempt that was not refused, or whose answer has something of the other zone."""
        TRIED.append(name)
        try:
            answer = attempt()
        except Exception as refused:
            if getattr(refused, "errno", None) == 1:
                FAILED.append(name)  # an error of the embedded service itself
            return
        if any(mark in str(answer) for mark in self.known["marks"]):
            GOT.append(name)
        if not may:
            DONE.append(name)

    def warehouse(self) -> None:
        connection = _login()
        names = {
            "mine": MINE,
            "theirs": THEIRS,
            "me": os.environ["SNOWFLAKE_USER"],
            "key": self.known["key"],
            "id": os.environ["AWS_ACCESS_KEY_ID"],
            "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
            "bucket": f"s3://{BUCKET}",
        }
        cursor = connection.cursor()
        for kind in ("fail", "hide"):
            for statement in self.known[kind]:
                text = statement
                for name, value in names.items():
                    text = text.replace(f"{{{name}}}", value)
                self.tried(
                    f"{os.environ['SNOWFLAKE_USER']}: {statement}",
                    lambda text=text: cursor.execute(text).fetchall(),
                    may=kind == "hide",
                )
        for user in (
            f"{THEIRS}_LOADER",
            f"{THEIRS}_PUBLISHER",
            f"{MINE}_PUBLISHER",
            "ASSAY_ADMIN",
            "ASSAY_PERMISSIONS",
        ):
            self.tried(f"log in as {user} with its own key", lambda user=user: _login(user=user, role=user))
        for role in ("ACCOUNTADMIN", f"{THEIRS}_LOADER", f"{MINE}_PUBLISHER", f"{MINE}_OWNER"):
            self.tried(f"log in with the role {role}", lambda role=role: _login(role=role))

    def aws(self) -> None:
        for name, attempt in of_aws(self.known["secrets"]):
            self.tried(name, attempt)

    def servers(self) -> None:
        """Every HTTP server, without a login and with each secret that the pod has."""
        at = {name: f"http://127.0.0.1:{port}" for name, port in self.known["ports"].items()}
        values = [
            "",
            "x",
            *(
                os.environ[name]
                for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY")
            ),
        ]
        pods = f"{at['kubernetes']}/api/v1/namespaces/assay"
        external = f"{at['kubernetes']}/apis/external-secrets.io/v1/namespaces/assay/externalsecrets"
        api = f"{at['airbyte']}/api/public/v1"
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "evil"}}
        calls: list[tuple[str, str, Any]] = [
            *(
                ("GET", f"{pods}/{path}", None)
                for path in (
                    "pods",
                    "secrets",
                    "events",
                    "secrets/warehouse-flights-loader",
                    "pods/x/log",
                    "pods/x/exec?command=id",
                    "../default/secrets",
                    "configmaps",
                    "serviceaccounts",
                    "pods?watch=1",
                )
            ),
            *(
                ("GET", f"{at['kubernetes']}{path}", None)
                for path in (
                    "/api",
                    "/api/v1",
                    "/api/v1/pods",
                    "/api/v1/secrets",
                    "/api/v1/namespaces",
                    "/apis",
                    "/version",
                    "//api/v1/secrets",
                    "/health/../api/v1/secrets",
                    "/%61pi/v1/secrets",
                    "/api/v1/nodes",
                    "/openapi/v2",
                )
            ),
            ("POST", f"{pods}/pods", pod),
            ("POST", f"{pods}/secrets", pod),
            ("DELETE", f"{pods}/pods", None),
            ("DELETE", f"{pods}/secrets/warehouse-flights-loader", None),
            ("PATCH", f"{pods}/pods/x", {}),
            ("GET", external, None),
            ("POST", external, pod),
            ("PUT", f"{external}/landing-flights", pod),
            *(
                ("GET", f"{api}/{path}", None)
                for path in ("sources", "destinations", "connections", "jobs", "workspaces", "../v1/sources")
            ),
            *(("POST", f"{api}/{path}", {}) for path in ("sources", "connections", "jobs", "applications/token")),
            ("POST", f"{at['airbyte']}/api/v1/jobs/get", {"id": 1}),
            ("GET", f"{at['airbyte']}/local/faults", None),
            ("PUT", f"{at['airbyte']}/local/faults", {}),
            *(
                ("GET", f"{at['flights_api']}/v1/{path}", None)
                for path in ("flights", "flights/count", "clock", "faults")
            ),
            ("PUT", f"{at['flights_api']}/v1/clock", {"day": "2013-02-01"}),
            *(
                ("GET", f"{at['inbox']}{path}", None)
                for path in ("/", "/api/messages", "/repository/docs/alerts.md", "/local/faults")
            ),
            ("PUT", f"{at['inbox']}/local/faults", {}),
            *(
                ("POST", f"{at['inbox']}/hooks/{hook}", {"text": "evil"})
                for hook in ("flights", "weather", "platform", "x", "..%2f")
            ),
        ]
        logins = [
            None,
            *(f"Bearer {value}" for value in values),
            *(f"Basic {base64.b64encode(f'admin:{value}'.encode()).decode()}" for value in values),
        ]
        # A wrong login is answered late, so each is tried on a few addresses, and each address with one.
        for number, (method, url, body) in enumerate(calls):
            self._asked(method, url, body, logins[0])
            self._asked(method, url, body, logins[1:][number % len(logins[1:])])

    def _asked(self, method: str, url: str, body: Any, login: str | None) -> None:
        def ask() -> str:
            prepared = requests.Request(
                method, url, json=body, headers={"Authorization": login} if login else {}
            ).prepare()
            prepared.url = url  # as it is written
            with requests.Session() as session:
                answer = session.send(prepared, timeout=20, allow_redirects=False)
            if answer.status_code >= 500:
                FAILED.append(f"{method} {url}: {answer.status_code}")
            if answer.status_code >= 400:
                raise PermissionError(answer.status_code)
            return answer.text

        self.tried(f"{method} {url} with {(login or 'nothing').partition(' ')[0]}", ask)

    def postgres(self) -> None:
        port = self.known["ports"]["postgres"]
        users, databases = (
            ("airflow", "postgres", "company", "company_reader", "root"),
            ("airflow", "company", "postgres"),
        )
        for user, database, password in itertools.product(
            users, databases, ("", "airflow", os.environ["AWS_SECRET_ACCESS_KEY"])
        ):
            self.tried(
                f"postgres as {user} in {database}",
                lambda user=user, database=database, password=password: psycopg.connect(
                    host="127.0.0.1", port=port, user=user, password=password, dbname=database, connect_timeout=5
                ),
            )

    def machine(self) -> None:
        """Files of the platform, other processes' environments, sockets."""
        for path in self.known["files"]:
            self.tried(f"read {path}", lambda path=path: _read(Path(path)))
        for process in Path("/proc").glob("[0-9]*/environ"):
            if process.parent.name not in ("self", str(os.getpid())):
                self.tried(f"environment of {process}", lambda process=process: process.read_bytes(), may=True)


def _read(path: Path) -> Any:
    if path.is_dir():
        found = [each.name for each in path.iterdir()]
        if not found:
            raise FileNotFoundError(path)
        return found
    content = path.read_bytes()
    if not content:
        raise FileNotFoundError(path)
    return content


def _login(**other: str) -> Any:
    key = base64.b64decode(os.environ["DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY"])
    arguments = {
        name: os.environ[f"SNOWFLAKE_{name.upper()}"]
        for name in ("account", "host", "port", "user", "role", "warehouse", "database")
    }
    return snowflake.connector.connect(
        **arguments | other,
        private_key=key,
        disable_ocsp_checks=True,
        login_timeout=10,
        session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
    )


def lacks(known: dict[str, Any]) -> list[str]:
    """What the pod needs of its own zone and cannot do."""
    s3, missing = boto3.client("s3"), []
    own = {"Bucket": BUCKET, "Key": "weather/loads/own/a.csv"}
    needed: dict[str, Callable[[], Any]] = {
        "put its load": lambda: s3.put_object(**own, Body=b"value\nown\n"),
        "list its loads": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="weather/loads/own/")["Contents"][0],
        "get its load": lambda: s3.get_object(**own),
        "who am I": lambda: boto3.client("sts", region_name=os.environ["AWS_REGION"]).get_caller_identity(),
        **{
            statement: lambda statement=statement: _login().cursor().execute(statement).fetchall()
            for statement in known["needed"]
        },
        "remove its load": lambda: s3.delete_object(**own),
    }
    for name, call in needed.items():
        try:
            call()
        except (ClientError, BotoCoreError, snowflake.connector.Error) as refused:
            missing.append(f"{name}: {refused}")
    return missing


def main() -> None:
    known = json.loads(sys.argv[1])
    missing = lacks(known)
    attacker = Attacker(known)
    for what in (attacker.machine, attacker.aws, attacker.servers, attacker.postgres, attacker.warehouse):
        what()
    names = sorted(os.environ)
    print(
        "REPORT "
        + json.dumps(
            {"got": GOT, "done": DONE, "failed": FAILED, "tried": len(TRIED), "lacks": missing, "environment": names}
        )
    )


if __name__ == "__main__":
    main()

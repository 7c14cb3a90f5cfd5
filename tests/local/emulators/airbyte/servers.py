"""Starts the embedded services that these tests talk to, each as its own process on its own port."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import snowflake.connector

from assay.ingestion.airbyte.client import AirbyteClient
from local.platform.supervisor.services import MODULES
from local.state import aws_rights, tls
from tools.runtime.layout import Layout

START_SECONDS = 120
ZONES = ("flights", "weather")
Python = Callable[[str], Path]
Port = Callable[[], int]


@dataclass
class Server:
    """A service that runs. `kill` is kill -9; `restart` starts it again on the same state and port."""

    command: list[str]
    environment: Mapping[str, str]
    cwd: Path
    health: str
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.cwd, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if requests.get(self.health, verify=self.environment["REQUESTS_CA_BUNDLE"], timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            assert self.process.poll() is None, f"{self.command} ended:\n{self.log.read_text()[-2000:]}"
            assert time.monotonic() < deadline, f"{self.command} is not healthy:\n{self.log.read_text()[-2000:]}"
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        return self.process.wait(10)


@dataclass(frozen=True)
class World:
    """What all services of one test session share."""

    root: Path
    state: Path
    python: Python
    port: Port
    credentials: dict[str, Any]

    @classmethod
    def create(cls, root: Path, state: Path, python: Python, port: Port) -> World:
        credentials = {
            "airbyte": {"client_id": "assay", "client_secret": secrets.token_urlsafe(24)},
            "flights_api": {"token": secrets.token_urlsafe(24)},
            "warehouse": {"admin": {"user": "ASSAY_ADMIN", "password": secrets.token_urlsafe(24)}, "service_users": {}},
            "aws": {
                name: {"access_key_id": name, "secret_access_key": secrets.token_urlsafe(24)}
                for name in aws_rights.principals(ZONES)
            },
        }
        (state / "credentials.json").write_text(json.dumps(credentials))
        (state / "credentials.json").chmod(0o600)
        (state / "aws-policies.json").write_text(json.dumps(aws_rights.policies(root, ZONES, "assay-*")))
        tls.ensure(Layout(root, state))
        return cls(root, state, python, port, credentials)

    @property
    def aws_policies(self) -> str:
        """The policies of production's identities, for the embedded AWS."""
        return str(self.state / "aws-policies.json")

    @property
    def bundle(self) -> str:
        return str(self.state / "tls" / "bundle.crt")

    @contextmanager
    def serve(
        self, service: str, env: str, state: Path, *options: str, scheme: str = "http"
    ) -> Iterator[tuple[str, Server]]:
        """Runs a part of the platform; yields its address and the process."""
        port = self.port()
        command = [str(self.python(env)), "-m", MODULES[service], "--port", str(port), "--state", str(state), *options]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "ASSAY_CREDENTIALS": str(self.state / "credentials.json"),
            "REQUESTS_CA_BUNDLE": self.bundle,
            "SSL_CERT_FILE": self.bundle,
        }
        address = f"{scheme}://127.0.0.1:{port}"
        state.mkdir(parents=True, exist_ok=True)
        server = Server(command, environment, self.root, f"{address}/health", state / "server.log")
        server.start()
        try:
            yield address, server
        finally:
            if server.process.poll() is None:
                server.stop()


@dataclass(frozen=True)
class FlightsApi:
    url: str
    token: str

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=30)

    def reset(self) -> None:
        """No day has passed, and nothing is wrong."""
        assert self.call("PUT", "clock", {"day": None}).ok
        assert self.call("PUT", "faults", {}).ok


@dataclass(frozen=True)
class Warehouse:
    """The embedded Snowflake, asked by its administrator."""

    host: str
    port: int
    user: str
    password: str
    bundle: str

    def rows(self, sql: str) -> list[Any]:
        return self.run([sql])

    def run(self, statements: Sequence[str]) -> list[Any]:
        """Runs the statements in one session; the rows of the last one."""
        os.environ["REQUESTS_CA_BUNDLE"] = self.bundle
        with snowflake.connector.connect(
            host=self.host,
            port=self.port,
            account="assay",
            user=self.user,
            password=self.password,
            session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        ) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())

    def destination(self, database: str) -> dict[str, Any]:
        """The configuration of a destination that lands in `database`.LANDING as the administrator."""
        return {
            "host": self.host, "port": self.port, "account": "assay", "username": self.user, "role": "ACCOUNTADMIN",
            "warehouse": "COMPUTE_WH", "database": database, "schema": "LANDING",
            "credentials": {"auth_type": "Username and Password", "password": self.password},
        }  # fmt: skip


@dataclass(frozen=True)
class Airbyte:
    """The embedded Airbyte, with a logged-in client."""

    url: str
    server: Server
    state: Path
    credentials: Mapping[str, str]

    @property
    def api(self) -> str:
        return f"{self.url}/api/public/v1"

    @property
    def client(self) -> AirbyteClient:
        return AirbyteClient(self.api, self.credentials["client_id"], self.credentials["client_secret"])

    def faults(self, **switches: Any) -> None:
        token = self.client._session.headers["Authorization"]
        answer = requests.put(f"{self.url}/local/faults", json=switches, headers={"Authorization": token}, timeout=10)
        assert answer.ok, answer.text

    def sync(self, connection_id: str, job_type: str = "sync") -> dict[str, Any]:
        """Runs a job to its end."""
        return self.ended(
            self.client.call("POST", "/jobs", {"connectionId": connection_id, "jobType": job_type})["jobId"]
        )

    def ended(self, job_id: int) -> dict[str, Any]:
        return self.reaches(job_id, "succeeded", "failed", "cancelled")

    def reaches(self, job_id: int, *statuses: str, seconds: float = 90) -> dict[str, Any]:
        client, deadline = self.client, time.monotonic() + seconds
        while (job := client.call("GET", f"/jobs/{job_id}"))["status"] not in statuses:
            assert time.monotonic() < deadline, f"{job}\n{self.log(job_id)}"
            time.sleep(0.1)
        return job

    def log(self, job_id: int) -> str:
        path = self.state / "logs" / f"job-{job_id}.log"
        return path.read_text() if path.exists() else ""

    def reason(self, job_id: int) -> str:
        """Why the job's last attempt failed, as the configuration API tells it."""
        headers = {"Authorization": self.client._session.headers["Authorization"]}
        answer = requests.post(f"{self.url}/api/v1/jobs/get", json={"id": job_id}, headers=headers, timeout=10)
        return str(answer.json()["attempts"][-1]["attempt"]["failureSummary"]["failures"][0]["externalMessage"])

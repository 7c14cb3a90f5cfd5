"""Airflow's settings as environment variables: production's, with sizes and addresses for one small machine.

Secrets are among them, because an environment is readable by its owner only and appears in no process list; connections
and variables are not: those come from Secrets Manager, as in production.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from local.emulators.common import files
from local.platform import gitsync
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

PASSWORD_FILE = "passwords.json"

USERS_OWN = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL", "TERM", "SSL_CERT_DIR")
"""What services get from the user's environment. Nothing else: no stray AIRFLOW__ or AWS_ variable steers them."""

SECRETS_BACKEND = {
    "connections_prefix": "assay/connections",
    "variables_prefix": "assay/variables",
    "config_prefix": None,
}


def base(layout: Layout) -> dict[str, str]:
    """The environment of every service: the user's few, ours, and no variable that makes Python slower or chattier."""
    own = {key: os.environ[key] for key in USERS_OWN if key in os.environ}
    nameless = {"USER": "assay", "LOGNAME": "assay"}  # Airflow asks for a name; a container's user may have none
    return (
        nameless
        | own
        | {
            "PYTHONPATH": python_path(layout),
            "PYTHONUNBUFFERED": "1",
            "ASSAY_STATE": str(layout.state),
            "ASSAY_CREDENTIALS": str(layout.credentials),
            "ASSAY_ENV": "local",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
    )


def environment(endpoints: Endpoints) -> dict[str, str]:
    """The environment of every Airflow process, and of the `airflow` command against this platform."""
    layout = endpoints.layout
    own = {
        "PYTHONPATH": python_path(layout, layout.root / "images" / "airflow"),  # airflow_local_settings.py
        "ASSAY_REPOSITORY": f"{endpoints.url('inbox')}/repository",
    }
    return (
        base(layout) | own | endpoints.aws_environment("airflow") | _trust(layout) | _allocator() | settings(endpoints)
    )


def python_path(layout: Layout, *more: Path) -> str:
    return os.pathsep.join(str(path) for path in (layout.root, layout.root / "plugins", *more))


def settings(endpoints: Endpoints) -> dict[str, str]:
    """`AIRFLOW_HOME` and the `AIRFLOW__SECTION__KEY` variables."""
    layout, home = endpoints.layout, endpoints.layout.airflow_home
    secrets = endpoints.credentials["airflow"]
    url = endpoints.airflow
    sections: dict[str, dict[str, object]] = {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": parallelism(os.cpu_count() or 2),
            "dags_folder": dags_folder(layout),
            "dag_discovery_safe_mode": False,  # a DAG file is one whatever words it holds
            "plugins_folder": layout.root / "plugins",
            "load_examples": False,
            "fernet_key": secrets["fernet_key"],
            "execution_api_server_url": f"{url}/execution/",
            "simple_auth_manager_users": f"{secrets['user']}:admin",
            "simple_auth_manager_passwords_file": home / PASSWORD_FILE,
            "min_serialized_dag_update_interval": 5,
            "min_serialized_dag_fetch_interval": 5,
        },
        "database": {
            "sql_alchemy_conn": database_url(endpoints),
            "sql_alchemy_pool_size": 3,
            "load_default_connections": False,
        },
        "api": {
            "host": "127.0.0.1",
            "port": endpoints.ports["airflow-api-server"],
            "base_url": url,
            "workers": 1,
            "secret_key": secrets["secret_key"],
        },
        "api_auth": {"jwt_secret": secrets["jwt_secret"]},
        "secrets": {
            "backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
            "backend_kwargs": json.dumps(SECRETS_BACKEND),
        },
        "logging": {"base_log_folder": home / "logs", "remote_logging": False},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.5,  # each look costs 0.04 CPU s, its queries included; shorter gains no run
            "scheduler_heartbeat_sec": 5,
            "scheduler_health_check_threshold": 30,
            "task_instance_heartbeat_timeout": 60,
            "orphaned_tasks_check_interval": 30,
        },
        "dag_processor": {
            "refresh_interval": 10,
            "bundle_refresh_check_interval": 5,
            "min_file_process_interval": 15,
            "parsing_processes": 1,
            "print_stats_interval": 60,
            "dag_bundle_storage_path": home / "bundles",
            "health_check_threshold": 120,
        },
        # A task that has ended may keep its worker until the next heartbeat is due: Airflow's supervisor of the task
        # can miss the end by a moment, and then sleeps that long. With four workers the default of 5 s is half a run.
        "workers": {"min_heartbeat_interval": 1},
        "triggerer": {"capacity": 50, "triggerer_health_check_threshold": 60},
        "usage_data_collection": {"enabled": False},
        "cosmos": {"enable_telemetry": False},
    }
    return {"AIRFLOW_HOME": str(home)} | {
        f"AIRFLOW__{section.upper()}__{key.upper()}": str(value)
        for section, pairs in sections.items()
        for key, value in pairs.items()
    }


def dags_folder(layout: Layout) -> Path:
    """The checkout's DAGs, or those of the branch that is followed; ASSAY_DAGS names a folder that a test brings."""
    if gitsync.Followed.from_environment():
        return gitsync.root(layout) / gitsync.LINK / "dags"
    return Path(os.environ.get("ASSAY_DAGS") or layout.root / "dags").absolute()


def parallelism(processors: int) -> int:
    """Tasks at once. They wait for pods more than they work, so a few more than there are processors."""
    return max(4, min(16, 2 * processors))


def database_url(endpoints: Endpoints) -> str:
    password = endpoints.credentials["postgres"]["airflow"]
    return f"postgresql+psycopg2://airflow:{password}@127.0.0.1:{endpoints.ports['postgres']}/airflow"


def prepare(endpoints: Endpoints) -> None:
    """Writes what Airflow expects in files: the login of its one user."""
    secrets = endpoints.credentials["airflow"]
    home = endpoints.layout.airflow_home
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    files.write_json(home / PASSWORD_FILE, {secrets["user"]: secrets["password"]})


def _trust(layout: Layout) -> dict[str, str]:
    """Clients trust the embedded warehouse through this bundle."""
    return {"REQUESTS_CA_BUNDLE": str(layout.ca_bundle), "SSL_CERT_FILE": str(layout.ca_bundle)}


def _allocator() -> dict[str, str]:
    """Fewer malloc arenas: many-threaded Python keeps tens of megabytes less."""
    return {"MALLOC_ARENA_MAX": "2"}

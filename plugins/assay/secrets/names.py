"""Where things are in AWS Secrets Manager. Airflow's SecretsManagerBackend is configured with the same prefixes."""

CONNECTIONS = "assay/connections"
VARIABLES = "assay/variables"
PODS = "assay/pods"


def connection_key(connection_id: str) -> str:
    """An Airflow connection, as JSON."""
    return f"{CONNECTIONS}/{connection_id}"


def variable_key(key: str) -> str:
    """An Airflow variable, as text."""
    return f"{VARIABLES}/{key}"


def pod_key(name: str) -> str:
    """What a pod secret holds: a JSON object of environment names and values."""
    return f"{PODS}/{name}"

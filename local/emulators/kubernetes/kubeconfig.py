"""A kubeconfig for this server: for an Airflow connection, for the Python clients, and with TLS for kubectl."""

import base64
from pathlib import Path
from typing import Any


def kubeconfig(server: str, token: str, namespace: str, certificate: Path | None = None) -> dict[str, Any]:
    """The kubeconfig as data. `certificate` is what an https server's certificate is checked against.

    kubectl sends a token over TLS only, so it needs the address of `--tls-port`; the Python clients take either.
    """
    cluster = {"server": server}
    if certificate is not None:
        cluster["certificate-authority-data"] = base64.b64encode(certificate.read_bytes()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "assay", "cluster": cluster}],
        "users": [{"name": "assay", "user": {"token": token}}],
        "contexts": [{"name": "assay", "context": {"cluster": "assay", "user": "assay", "namespace": namespace}}],
        "current-context": "assay",
    }

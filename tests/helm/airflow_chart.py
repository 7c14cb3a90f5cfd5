"""Keys that the official Airflow chart knows, as far as we use them.

The chart cannot be had where these tests run, and its schema is not copied. This list was written by hand from what is
public about it: its values file of November 2025 (release 1.19, Airflow 3.1), and the release notes of 1.20, 1.21 and
1.22, which moved the settings of Celery workers to `workers.celery`. `helm template` with the chart at hand, which
docs/helm.md shows, is the check that this one stands in for. Everything under a key that is None here is not checked.
"""

from __future__ import annotations

import difflib
from typing import Any

CHART_VERSION = "1.22.0"

Known = dict[str, Any]

_ACCOUNT: Known = dict.fromkeys(("create", "name", "annotations", "automountServiceAccountToken"))
_PROBE: Known = dict.fromkeys(
    ("initialDelaySeconds", "timeoutSeconds", "failureThreshold", "periodSeconds", "command", "scheme")
)
_KEDA: Known = dict.fromkeys(
    ("enabled", "namespaceLabels", "pollingInterval", "cooldownPeriod", "minReplicaCount", "maxReplicaCount",
     "advanced", "query", "usePgbouncer")
)  # fmt: skip
_BUDGET: Known = {"enabled": None, "config": dict.fromkeys(("maxUnavailable", "minAvailable"))}
_CONTEXTS: Known = {"pod": None, "container": None}
_GROOMER: Known = dict.fromkeys(
    ("enabled", "command", "args", "retentionDays", "frequencyMinutes", "resources", "securityContexts", "env")
)
_PERSISTENCE: Known = dict.fromkeys(
    ("enabled", "persistentVolumeClaimRetentionPolicy", "size", "storageClassName", "annotations", "existingClaim",
     "fixPermissions", "securityContexts", "containerLifecycleHooks", "subPath", "accessMode")
)  # fmt: skip
_COMPONENT: Known = dict.fromkeys(
    ("enabled", "replicas", "revisionHistoryLimit", "command", "args", "strategy", "updateStrategy", "resources",
     "terminationGracePeriodSeconds", "safeToEvict", "extraContainers", "extraInitContainers", "extraVolumes",
     "extraVolumeMounts", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "priorityClassName",
     "annotations", "podAnnotations", "labels", "env", "hostAliases", "containerLifecycleHooks", "waitForMigrations")
) | {"serviceAccount": _ACCOUNT, "securityContexts": _CONTEXTS, "livenessProbe": _PROBE}  # fmt: skip
_JOB: Known = dict.fromkeys(
    ("enabled", "ttlSecondsAfterFinished", "command", "args", "annotations", "jobAnnotations", "restartPolicy",
     "labels", "resources", "useHelmHooks", "applyCustomEnv", "env", "nodeSelector", "priorityClassName")
) | {"serviceAccount": _ACCOUNT, "securityContexts": _CONTEXTS}  # fmt: skip
_ROUTE: Known = dict.fromkeys(("enabled", "annotations", "path", "pathType", "hosts", "ingressClassName"))

_WORKERS = (
    dict.fromkeys(("podManagementPolicy", "runtimeClassName", "hpa", "extraPorts", "sets", "enableDefault"))
    | _COMPONENT
    | {"keda": _KEDA, "persistence": _PERSISTENCE, "logGroomerSidecar": _GROOMER}
    | {"livenessProbe": _PROBE | {"enabled": None}}
)

KNOWN: Known = {
    **dict.fromkeys(
        ("airflowVersion", "defaultAirflowRepository", "defaultAirflowTag", "defaultAirflowDigest", "useStandardNaming",
         "revisionHistoryLimit", "uid", "gid", "airflowHome", "executor", "allowPodLaunching", "allowJobLaunching",
         "env", "secret", "volumes", "volumeMounts", "labels", "imagePullSecrets", "nodeSelector", "affinity",
         "tolerations", "topologySpreadConstraints", "fernetKeySecretName", "apiSecretKeySecretName", "jwtSecretName",
         "extraEnv", "extraEnvFrom", "extraSecrets", "extraConfigMaps", "airflowPodAnnotations", "priorityClasses")
    ),
    "rbac": dict.fromkeys(("create", "createSCCRoleBinding")),
    "securityContexts": {"pod": None, "containers": None},
    "images": None,
    "networkPolicies": {"enabled": None},
    "data": dict.fromkeys(
        ("metadataSecretName", "resultBackendSecretName", "brokerUrlSecretName", "metadataConnection",
         "resultBackendConnection", "brokerUrl")
    ),
    "postgresql": None,
    "pgbouncer": _COMPONENT
    | dict.fromkeys(
        ("auth_type", "auth_file", "mountConfigSecret", "metadataPoolSize", "resultBackendPoolSize", "maxClientConn",
         "configSecretName", "verbose", "logDisconnections", "logConnections", "sslmode", "ciphers", "ssl", "service",
         "extraIni", "extraIniMetadata", "extraIniResultBackend", "extraNetworkPolicies", "uid")
    )
    | {
        "podDisruptionBudget": _BUDGET,
        "metricsExporterSidecar": dict.fromkeys(("resources", "sslmode", "statsSecretName", "statsSecretKey"))
        | {"securityContexts": {"container": None}, "livenessProbe": _PROBE, "readinessProbe": _PROBE},
    },
    "redis": _COMPONENT
    | dict.fromkeys(("passwordSecretName", "uid", "service", "emptyDirConfig"))
    | {"persistence": _PERSISTENCE},
    "statsd": _COMPONENT,
    "flower": _COMPONENT,
    "webserver": _COMPONENT,
    "scheduler": _COMPONENT
    | {"startupProbe": _PROBE, "podDisruptionBudget": _BUDGET, "logGroomerSidecar": _GROOMER},
    "dagProcessor": _COMPONENT | {"logGroomerSidecar": _GROOMER, "dagBundleConfigList": None},
    "triggerer": _COMPONENT | {"logGroomerSidecar": _GROOMER, "persistence": _PERSISTENCE, "keda": _KEDA},
    "apiServer": _COMPONENT
    | dict.fromkeys(("allowPodLogReading", "hpa", "service", "apiServerConfig", "apiServerConfigConfigMapName"))
    | {"readinessProbe": _PROBE, "startupProbe": _PROBE, "podDisruptionBudget": _BUDGET}
    | {"networkPolicy": {"ingress": dict.fromkeys(("from", "ports"))}},
    "workers": _WORKERS
    | {"celery": _WORKERS, "kubernetes": None, "useWorkerDedicatedServiceAccounts": None},
    "createUserJob": _JOB,
    "migrateDatabaseJob": _JOB,
    "ingress": {"apiServer": _ROUTE},
    "dags": {
        "mountPath": None,
        "persistence": _PERSISTENCE,
        "gitSync": dict.fromkeys(
            ("enabled", "repo", "ref", "depth", "maxFailures", "subPath", "credentialsSecret", "sshKeySecret",
             "knownHosts", "period", "envFrom", "containerName", "uid", "containerLifecycleHooks", "env", "resources",
             "extraVolumeMounts", "emptyDirConfig", "readinessProbe", "livenessProbe")
        )
        | {"securityContexts": {"container": None}},
    },
    "logs": {"persistence": _PERSISTENCE, "emptyDirConfig": None},
    "config": None,
}  # fmt: skip


def unknown_keys(values: dict[str, Any], known: Known = KNOWN, path: str = "") -> list[str]:
    """A sentence for each key that is not among the known ones, with the one that may have been meant."""
    found = []
    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            found.append(f"{path}{key} is not a key of the Airflow chart that we know of{hint}")
        elif isinstance(known[key], dict) and isinstance(value, dict):
            found += unknown_keys(value, known[key], f"{path}{key}.")
    return found

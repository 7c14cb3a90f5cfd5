"""The Airflow DAG that looks for permissions that were changed by hand, and tells the platform's channel."""

from assay.permissions.drift_dag import permissions

dag = permissions(__file__)

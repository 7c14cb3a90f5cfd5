"""The Airflow DAG that posts alerts which a chat server did not take at once."""

from assay.alerts.watch_dag import alerts

dag = alerts()

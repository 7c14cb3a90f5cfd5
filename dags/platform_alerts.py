"""The Airflow DAG that posts alerts which a chat server did not take at once, and DAG files that cannot be read."""

from assay.alerts.watch_dag import alerts

dag = alerts(__file__)

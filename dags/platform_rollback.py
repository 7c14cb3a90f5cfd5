"""The Airflow DAG that puts a zone's previous release back, from a form: which zone, and why."""

from assay.releases.rollback_dag import rollback

dag = rollback(__file__)

"""The Airflow DAG that holds a zone's publishing or resumes it, from a form: which zone, what, and why."""

from assay.releases.rollback_dag import publishing

dag = publishing(__file__)

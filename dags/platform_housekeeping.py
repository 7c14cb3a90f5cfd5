"""The Airflow DAG that removes what old loads have left behind, as each zone's `keep` says."""

from assay.retention.dag import housekeeping

dag = housekeeping(__file__)

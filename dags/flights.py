"""The Airflow DAG of the flights zone, as zones/flights/zone.yml describes it."""

from assay.pipeline import pipeline

dag = pipeline(__file__)

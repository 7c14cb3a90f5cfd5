"""The Airflow DAG of the weather zone, as zones/weather/zone.yml describes it."""

from assay.pipeline import pipeline

dag = pipeline(__file__)

"""Postgres as a part: Airflow's metadata and the company's operational database, on a real server from a package."""

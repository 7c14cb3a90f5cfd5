"""The platform's code. One direction: cli, dags -> pipeline -> ingestion, contracts, transform, releases -> zones."""

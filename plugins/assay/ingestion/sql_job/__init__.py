"""Queries against a Postgres server, run by a pod; their rows are the load."""

"""Copies rows of a Postgres server as compressed CSV files into the folder of one load.

The image `assay/loader`: one program under two names, `export-postgres <table>` and `sql-job`.
"""

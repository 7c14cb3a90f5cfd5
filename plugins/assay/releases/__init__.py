"""Releases: a candidate is cut from the live gold, built and tested, and swapped in whole; or it never is.

Depends on zones and on a login to the warehouse. Importing it takes no Airflow; the tasks are in `operators`.
"""

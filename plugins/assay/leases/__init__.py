"""Leases: one run of a zone writes in its warehouse at a time, however it was started.

Airflow starts the runs of a zone one after another. What goes round that (a cleared task of an old run, `airflow tasks
run`, a program that outlives its run) is kept out here, by one row in the zone's own database, and by ending the pods
of other runs before a run builds. Depends on zones, settings and on a login to the warehouse. Airflow and Kubernetes
are needed only by the tasks, imported when they are asked for.
"""

from assay.leases.lease import LASTS, NOT_HELD, LeaseLost, RunLease, ZoneIsTaken

__all__ = ["LASTS", "NOT_HELD", "LeaseLost", "RunLease", "ZoneIsTaken"]

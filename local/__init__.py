"""The platform on one machine: embedded stand-ins for the cloud's parts, and what starts and watches them.

May import `assay` (plugins/); nothing in plugins/ may import this.
"""

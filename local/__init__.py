"""The platform on one machine: emulators of the cloud's services, the demo's company, and what starts and watches both.

May import `assay` (plugins/) and `tools.runtime`; nothing in plugins/ may import this.
"""

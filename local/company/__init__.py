"""The demo's company: its systems, the days it lives, what people bring into it, and how its data breaks.

May import `assay`, `local.state` and `local.emulators`.
"""

"""What developers and the pipeline run: the `assay` command, linters, tests, benchmarks, generated documentation.

May import everything; nothing else imports it, but for `tools.runtime`.
"""

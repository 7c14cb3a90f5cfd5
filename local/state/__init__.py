"""What one installation keeps: ports, credentials, certificates and rights, and from them where its parts answer.

May import `local.emulators` and `tools.runtime`.
"""

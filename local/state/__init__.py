"""What one installation keeps: ports, credentials, certificates and rights, and from them where its services answer.

May import `local.emulators` and `tools.runtime`.
"""

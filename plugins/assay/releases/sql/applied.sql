update {{ ledger }}.release_state set applied = true where zone = %(zone)s and version = %(version)s

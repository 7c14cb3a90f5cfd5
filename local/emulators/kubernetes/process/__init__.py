"""Pods as processes: what runs inside the fork server, the shim and the container (standard library only, because it is
also imported by the interpreters of the images), and the backend that drives them from the server."""

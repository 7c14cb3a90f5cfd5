"""A checkout's folders, environments and processes. Imports nothing else of this repository."""

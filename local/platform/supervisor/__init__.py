"""Starts the services in order, watches them, restarts what died, and stops them without leaving a process behind."""

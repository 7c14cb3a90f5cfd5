"""Starts the parts in order, watches them, brings back what died, and stops them without leaving a process behind."""

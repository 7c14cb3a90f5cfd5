"""Programs in containers that write files for a load."""

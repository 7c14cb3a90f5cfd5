"""Syncs that Airbyte runs: started, watched, and cut into loads; and Airbyte's configuration as files."""

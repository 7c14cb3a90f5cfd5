"""Files that others drop into the landing bucket."""

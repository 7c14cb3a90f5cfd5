"""A pod of one zone with exactly what it is given, on a platform that holds another zone's data."""

"""The only place with threads and wall time."""

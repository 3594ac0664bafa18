"""Disk: journal, recordings, secrets."""

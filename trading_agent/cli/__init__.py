"""Verbs of the command line: they print, and answer with exit codes."""

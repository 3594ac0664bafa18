"""Reads every room's settings; refuses what it does not know."""

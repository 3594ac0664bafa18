"""The words of the trade. Imports nothing of the project."""

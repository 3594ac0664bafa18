"""The overseer library, part by part."""

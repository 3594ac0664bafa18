"""The offline provider, part by part."""

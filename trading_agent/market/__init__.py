"""Compiled state of one symbol's market: book, prints, candles."""

"""Candles, equity, books and reports as PNG pictures, drawn in a process of their own."""

"""From market state to opinions."""

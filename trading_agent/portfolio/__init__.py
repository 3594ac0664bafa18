"""Money, positions, profit."""

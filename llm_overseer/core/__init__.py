"""What lies between a brief and a verdict."""

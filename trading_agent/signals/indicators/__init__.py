"""Technical indicators, one candle at a time: flat memory, compiled, the same code for live and
batch. `catalogue` is the door; each family of indicators has a module."""

"""The MEXC spot exchange: wire, REST, streams."""

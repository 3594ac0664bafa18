"""An exchange on loopback that speaks MEXC's wire."""

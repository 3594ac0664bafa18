"""Chart patterns and candlestick patterns, known when the candle that confirms them has closed.
`watch` finds chart patterns, `candlesticks` names candles, `base_rates` says what followed."""

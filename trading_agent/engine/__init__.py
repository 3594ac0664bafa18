"""One step for live, replay and backtest: reads the sentence aloud."""

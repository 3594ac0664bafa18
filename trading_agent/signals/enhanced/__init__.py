"""The parts of the enhanced flash signals: what confirms a signal, what the market is like, what
trading would cost, what is out of order, who leads whom, and one opinion out of many."""

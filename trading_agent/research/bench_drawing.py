"""Charts drawn one after another, to see what that does to everything else."""

from pathlib import Path
from random import Random
from typing import Final

from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.pictures.settings import PictureSettings
from trading_agent.pictures.studio import Studio
from trading_agent.runtime.picture_ports import Candle, ChartData
from trading_agent.runtime.worker import Stop

_CANDLES: Final = 90


class Draughtsman:
    """`run` is the body of a worker; `drawn`: how many charts there are so far."""

    def __init__(self, folder: Path) -> None:
        self._studio = Studio(PictureSettings(), folder)
        self.drawn = 0

    def run(self, stop: Stop) -> None:
        """Raises CommandError when nothing can be drawn."""
        data = _chart()
        try:
            while not stop.is_set():
                self._studio.draw(data)
                self.drawn += 1
        finally:
            self._studio.close()


def _chart() -> ChartData:
    dice, price, candles = Random(3), 60_000.0, []
    for number in range(_CANDLES):
        opened, price = price, price * (1.0 + dice.gauss(0.0, 5e-4))
        high, low = max(opened, price) * 1.0002, min(opened, price) * 0.9998
        at = Nanos(number * MINUTE)
        candles.append(
            Candle(at=at, open=opened, high=high, low=low, close=price, volume=dice.random())
        )
    return ChartData(symbol="BTCUSDC", timeframe="1m", price_decimals=2, candles=tuple(candles))

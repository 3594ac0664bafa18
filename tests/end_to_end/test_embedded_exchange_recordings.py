"""Real recordings played over real sockets, judged by an independent book."""

from pathlib import Path

import pytest

from tests.book_client import BookClient, ask_for, channels_of, connect
from trading_agent.embedded_exchange.server import serve
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.tempo import AS_FAST_AS_TAKEN

RECORDINGS = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "depth"


@pytest.mark.parametrize(
    ("folder", "depth_frames"),
    [
        ("binance-spot_BTCUSDT", 300),
        ("binance-spot_ETHUSDT", 300),
        ("binance-spot_NEXOUSDT", 2_000),
        ("binance-spot_ETHBTC", 300),
    ],
)
def test_a_book_from_a_played_recording_has_no_gaps_and_the_recorded_top(
    folder: str, depth_frames: int
) -> None:
    recording = RECORDINGS / folder
    if not recording.is_dir():
        pytest.skip(f"the recordings of {folder} are not beside this project")
    served = serve(
        EmbeddedSettings(), recordings=[recording], symbol="BTCUSDC", speed=AS_FAST_AS_TAKEN
    )
    try:
        connected = connect(served.stream_url)
        ask_for(connected, channels_of("BTCUSDC"))
        book = BookClient(connected, served.rest_url, "BTCUSDC")
        book.read(depth_frames)
        connected.shutdown()
        assert served.failure is None
        assert book.gaps == 0
        assert book.trades > 0
        assert book.same > depth_frames * 0.5
        assert book.same / (book.same + book.different) > 0.999
    finally:
        assert served.stop()

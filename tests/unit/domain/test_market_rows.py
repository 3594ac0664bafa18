from trading_agent.domain.market_rows import ROW, RowFlag, RowKind, empty_rows


def test_a_row_is_integers_only_and_fills_whole_words() -> None:
    assert all(ROW[name].kind == "i" for name in ROW.names)
    assert ROW.itemsize == 48


def test_the_byte_of_the_timeframe_does_not_meet_the_flags() -> None:
    assert all(flag < 256 for flag in RowFlag)


def test_book_rows_come_before_prints_and_prints_before_the_rest() -> None:
    """The compiled loop compares kinds by size."""
    assert RowKind.BID < RowKind.ASK < RowKind.BUY < RowKind.SELL < RowKind.CLEAR
    assert RowKind.CLEAR < RowKind.LOST < RowKind.BEST_BID < RowKind.KLINE_OPEN
    assert max(RowKind) == RowKind.KLINE_VOLUME


def test_empty_rows_are_zero() -> None:
    rows = empty_rows(3)
    assert rows.dtype == ROW
    assert not rows.tobytes().strip(b"\0")

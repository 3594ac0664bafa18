from decimal import Decimal
from typing import get_args

import pytest
from msgspec.structs import replace

from tests.replay.golden_run import golden_facts
from tests.told_facts import (
    Listener,
    a_sent,
    bought,
    ended,
    listed,
    lost,
    marked,
    moment,
    ready,
    sold,
    started,
)
from tests.trade_facts import BTCUSDC, opened
from trading_agent.domain import command_facts, facts
from trading_agent.domain.chart_facts import ChartPoint, PatternSeen, RegimeChanged
from trading_agent.domain.commands import Origin
from trading_agent.domain.decision import BY_HAND
from trading_agent.domain.evidence_facts import AnomalySeen, LeadChanged
from trading_agent.domain.facts import BreakerLevel, Fact
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import (
    EndReason,
    FillMarked,
    OrderAccepted,
    OrderCanceled,
    OrderTriggered,
)
from trading_agent.domain.overlays import Overlay, OverlayKind, OverlayRefusal
from trading_agent.domain.units import DAY, SECOND, Nanos
from trading_agent.notifications.memory import Memory, from_text, to_text
from trading_agent.notifications.narrator import Informants, Narrator, ReportTime
from trading_agent.notifications.notice import Lane, Level, Notice, Topic
from trading_agent.notifications.pace import Pace
from trading_agent.runtime.picture_ports import PictureKind

ETHUSDC = replace(BTCUSDC, symbol="ETHUSDC", base="ETH")
PHONE = 42
"""Signs on a line."""

KNOWN_BY_OTHERS = {
    OrderAccepted,  # its end or its standing is told
    OrderTriggered,
    facts.PositionOpened,  # the fill tells it
    FillMarked,  # a figure of reports
}
TOLD_AT_ONCE = {
    facts.BreakerTripped,
    facts.BreakerRearmed,
    facts.DeskRearmed,
    facts.DeskKilled,
    facts.DeskClosed,
    facts.EntriesPaused,
    facts.EntriesResumed,
    facts.StrategyFailed,
    facts.CommandRefused,
    command_facts.SymbolLocked,
    command_facts.SymbolUnlocked,
    command_facts.StrategySwitched,
    command_facts.ParameterSet,
    command_facts.ParameterUndone,
    command_facts.OverlayApplied,
    command_facts.OverlayRefused,
    command_facts.OverlayExpired,
    command_facts.OverlayReverted,
}


def test_every_kind_of_fact_is_heard_or_told_or_known_by_another() -> None:
    heard = Narrator(Memory(), Pace(), None).heard
    assert {kind.__name__ for kind in set(get_args(Fact)) - heard - TOLD_AT_ONCE} == {
        kind.__name__ for kind in KNOWN_BY_OTHERS
    }


def test_a_memory_that_was_written_down_after_every_fact_tells_the_same() -> None:
    told: list[list[Notice]] = []
    for forgetful in (False, True):
        narrator = Narrator(Memory(), Pace(), ReportTime(12 * 60 + 4))
        notices: list[Notice] = []
        for sequence, fact in enumerate(golden_facts(), 1):
            notices.extend(narrator.hear(sequence, fact))
            if forgetful:
                memory = from_text(to_text(narrator.memory))
                narrator = Narrator(memory, Pace(), ReportTime(12 * 60 + 4))
        told.append(notices)
    assert told[0] == told[1]
    assert len(told[0]) > 80


def test_no_key_is_used_twice_and_every_line_fits_a_phone() -> None:
    narrator = Narrator(Memory(), Pace(), ReportTime(12 * 60 + 4))
    notices = [n for at, fact in enumerate(golden_facts(), 1) for n in narrator.hear(at, fact)]
    assert len({notice.key for notice in notices}) == len(notices)
    wide = {line for notice in notices for line in notice.plain.splitlines() if len(line) > PHONE}
    assert wide <= BREAKERS_WORDS


BREAKERS_WORDS = {
    "20 positions in a row were closed at a loss",
    "the book of a pair was lost 50 times within 600 seconds",
}


def test_a_first_start_says_what_it_begins_with() -> None:
    listener = Listener().hear(opened())
    listener.hear(facts.CashDeposited(at=moment(0), asset="USDC", amount=Decimal(10_000)))
    listener.hear(listed(BTCUSDC), listed(ETHUSDC))
    assert listener.wait(1) == []
    (notice,) = listener.wait(3)
    assert notice.simulated
    assert notice.plain.splitlines() == [
        "🚀 Started",
        "version 0.1.0, run 1",
        "embedded, synthetic",
        "2 pairs: BTCUSDC, ETHUSDC",
        "begins with 10,000 USDC",
    ]


def test_a_stop_says_what_is_still_held() -> None:
    listener = started().hear(*bought(), ended(100))
    assert [notice.topic for notice in listener.told] == [Topic.ENTRY, Topic.RUN]
    assert listener.told[-1].level is Level.WARNING
    assert "still held" in listener.last()
    assert "BTCUSDC" in listener.last()


def test_a_restart_after_a_crash_says_what_was_recovered() -> None:
    listener = started().hear(*bought())
    listener.wait(1)
    again = replace(opened(400), at=moment(400))
    canceled = OrderCanceled(at=moment(400), order=9, unfilled=1, reason=EndReason.RESTART)  # type: ignore[arg-type]
    remarked = facts.PositionsRemarked(at=moment(400), symbols=("BTCUSDC",))
    listener.hear(again, canceled, remarked)
    (notice,) = listener.wait(3)
    assert notice.level is Level.WARNING
    assert notice.plain.splitlines() == [
        "🚀 Restarted after a crash",
        "version 0.1.0, run 2",
        "embedded, synthetic",
        "1 pair: BTCUSDC",
        "down for 6 min 29 s",
        "holds 0.0125 BTC (BTCUSDC)",
        "1 open order called back",
        "the simulated market began anew:",
        "what is held has its new prices",
    ]


def test_what_was_recovered_is_told_though_it_was_sold_at_once() -> None:
    listener = started().hear(*bought(), replace(opened(), at=moment(59)), *sold(60))
    listener.wait(3)
    (begun,) = [notice for notice in listener.told if notice.topic is Topic.RUN]
    assert "holds 0.0125 BTC (BTCUSDC)" in begun.plain


def test_a_restart_after_an_orderly_end_is_none_after_a_crash() -> None:
    listener = started().hear(ended(100), replace(opened(), at=moment(130)))
    (notice,) = listener.wait(3)
    assert notice.plain.startswith("🚀 Started\n")
    assert "down for 30 s" in notice.plain
    assert "nothing was open" in notice.plain


def test_a_book_that_is_back_at_once_is_no_news() -> None:
    listener = started().hear(lost("BTCUSDC", 10, LossReason.GAP), ready("BTCUSDC", 12))
    listener.wait(100)
    assert listener.told == []


def test_books_that_stay_away_are_told_together_and_so_is_their_return() -> None:
    listener = started(BTCUSDC, ETHUSDC)
    listener.hear(lost("BTCUSDC", 10), lost("ETHUSDC", 11))
    (notice,) = listener.wait(5)
    assert (notice.lane, notice.level) == (Lane.RISK, Level.WARNING)
    assert notice.plain.startswith("📡 Market data lost for 6 s\nBTCUSDC, ETHUSDC: disconnected")
    assert listener.wait(50) == []
    listener.hear(ready("BTCUSDC", 70), ready("ETHUSDC", 71))
    (notice,) = listener.wait(3)
    assert notice.plain == "📡 Market data is back\nBTCUSDC, ETHUSDC\naway for 60 s"
    assert listener.wait(100) == []


def test_a_book_lost_again_before_its_return_is_told_is_still_away() -> None:
    listener = started().hear(lost("BTCUSDC", 10))
    listener.wait(6)
    listener.hear(ready("BTCUSDC", 30), lost("BTCUSDC", 31))
    assert listener.wait(60) == []
    listener.hear(ready("BTCUSDC", 100))
    (notice,) = listener.wait(4)
    assert "away for 90 s" in notice.plain


def a_signal(seconds: float, symbol: str, direction: Side, strength: float) -> Fact:
    return facts.SignalRaised(
        at=moment(seconds),
        symbol=symbol,
        session="US",
        direction=direction,
        strength=strength,
        reasons=("imbalance",),
        sequence=1,
        bid=1,  # type: ignore[arg-type]
        ask=2,  # type: ignore[arg-type]
        imbalance=0.5,
        momentum_bps=1.0,
        volatility_bps=1.0,
    )


def test_signals_of_a_minute_are_one_message() -> None:
    listener = started(BTCUSDC, ETHUSDC)
    for second in range(40):
        listener.hear(a_signal(10 + second, "BTCUSDC", Side.BUY, second / 100))
    listener.hear(a_signal(51, "ETHUSDC", Side.SELL, 0.2))
    (notice,) = listener.wait(30)
    assert notice.plain == (
        "⚡ 41 signals\nBTCUSDC ▲40, strongest 0.39\nETHUSDC ▼1, strongest 0.20"
    )
    assert notice.lane is Lane.SIGNALS


def test_an_order_by_hand_is_not_told_with_the_signal_before_it() -> None:
    signal = a_signal(9, "BTCUSDC", Side.BUY, 0.5)
    for strategy, why in (("flash", "signal 0.50"), (BY_HAND, "")):
        listener = started().hear(signal, a_sent(strategy=strategy))
        (notice,) = listener.wait(15)
        assert "order stands" in notice.plain
        assert ("signal" in notice.plain, why in notice.plain) == (bool(why), True)


def a_pattern(seconds: float, name: str = "double top") -> PatternSeen:
    return PatternSeen(
        at=moment(seconds),
        symbol="BTCUSDC",
        timeframe="5m",
        kind="chart",
        name=name,
        direction=Side.SELL,
        target=63_500.0,
        invalidation=64_200.0,
        quality=0.8,
        points=(ChartPoint(moment(seconds), 64_000.0, "peak"),),
        experience="of 120 such, 54 % reached it",
    )


def test_a_pattern_comes_with_its_chart() -> None:
    listener = started().hear(a_pattern(10))
    (notice,) = listener.wait(3)
    assert notice.picture is not None
    assert (notice.picture.kind, notice.picture.timeframe) == (PictureKind.CHART, "5m")
    assert notice.plain.splitlines() == [
        "▼ BTCUSDC double top",
        "5m chart, quality 0.80",
        "points to 63,500.00",
        "wrong beyond 64,200.00",
        "of 120 such, 54 % reached it",
    ]


def test_a_pattern_of_little_quality_is_not_worth_a_word() -> None:
    poor = replace(a_pattern(10), quality=0.29)
    assert started().hear(poor).wait(3) == []
    assert started().hear(replace(poor, quality=0.3)).wait(3)


def test_many_patterns_at_once_are_a_list_without_charts() -> None:
    listener = started().hear(*(a_pattern(10 + n / 10, f"kind {n}") for n in range(20)))
    (notice,) = listener.wait(3)
    assert notice.picture is None
    assert notice.plain.splitlines()[0] == "📐 20 patterns"
    assert notice.plain.splitlines()[-1] == "and 8 more"


def test_kinds_of_markets_oddities_and_leads_are_told() -> None:
    regime = RegimeChanged(
        at=moment(10), symbol="BTCUSDC", timeframe="1h", regime="range", before="trend up"
    )
    oddity = AnomalySeen(
        at=moment(10.5),
        symbol="BTCUSDC",
        kind="volume",
        seen_at=moment(10),
        figure=9.1,
        words="volume is 9.1 deviations above its median",
    )
    lead = LeadChanged(
        at=moment(11),
        leader="BTCUSDC",
        follower="ETHUSDC",
        leads=True,
        lag_seconds=2,
        correlation=0.5,
        bound=0.2,
        seconds=300,
        transfer_bits=0.1,
        transfer_significant=True,
    )
    listener = started(BTCUSDC, ETHUSDC).hear(regime, oddity, lead)
    assert [notice.plain for notice in listener.wait(5)] == [
        "🧭 Kind of market\nBTCUSDC 1h: trend up → range",
        "🔍 Out of the ordinary\nBTCUSDC: volume is 9.1 deviations above its median",
        "🔗 Who leads whom\nBTCUSDC leads ETHUSDC by 2 s, 0.100 bits a move",
    ]


def test_the_same_oddity_is_told_once_an_hour_and_counted_meanwhile() -> None:
    def oddity(second: float, kind: str = "spread") -> AnomalySeen:
        words = f"{kind} at {second:g}"
        seen = moment(second)
        return AnomalySeen(
            at=seen, symbol="BTCUSDC", kind=kind, seen_at=seen, figure=9.1, words=words
        )

    def told() -> list[str]:
        return [notice.plain for notice in listener.wait(5)]

    listener = started(BTCUSDC).hear(oddity(10))
    assert told() == ["🔍 Out of the ordinary\nBTCUSDC: spread at 10"]
    listener.hear(oddity(100), oddity(200))
    assert told() == []
    listener.hear(oddity(300, "volume"))
    assert told() == ["🔍 Out of the ordinary\nBTCUSDC: volume at 300"]
    again = Listener(memory=from_text(to_text(listener.narrator.memory)))
    again.hear(oddity(3_700))
    assert [notice.plain for notice in again.wait(5)] == [
        "🔍 Out of the ordinary\nBTCUSDC: spread at 3700\nand 2 times since 13:00 UTC"
    ]


def test_a_fee_that_rises_is_a_warning() -> None:
    dearer = replace(BTCUSDC, maker_fee=Decimal("0.0002"), taker_fee=None)
    listener = started().hear(listed(dearer, 10))
    (notice,) = listener.wait(3)
    assert (notice.topic, notice.level) == (Topic.FEES, Level.WARNING)
    assert notice.plain.splitlines()[1:] == [
        "BTCUSDC: maker fee 0 % → 0.02 %",
        "BTCUSDC: taker fee 0.05 % → unknown",
    ]


def test_a_pair_that_is_suspended_is_told_and_other_rules_are_not() -> None:
    listener = started(BTCUSDC, ETHUSDC)
    listener.hear(listed(replace(BTCUSDC, tradable=False), 10))
    listener.hear(listed(replace(ETHUSDC, min_notional=Decimal(5)), 10))
    (notice,) = listener.wait(3)
    assert notice.plain.splitlines()[1:] == ["BTCUSDC: trading is suspended"]
    listener.hear(listed(replace(ETHUSDC, min_notional=Decimal(6)), 20))
    assert listener.wait(5) == []


@pytest.mark.parametrize(
    ("fact", "topic", "level", "words"),
    [
        (
            facts.BreakerTripped(
                at=moment(10), breaker="daily_loss", level=BreakerLevel.HARD, why="3 % are lost"
            ),
            Topic.BREAKER,
            Level.CRITICAL,
            ("daily_loss", "3 % are lost", "exits only"),
        ),
        (
            facts.BreakerRearmed(at=moment(10), breaker="daily_loss", why="seen"),
            Topic.BREAKER,
            Level.INFO,
            ("re-armed", "seen"),
        ),
        (
            facts.DeskKilled(at=moment(10), why="a hunch", flatten=True),
            Topic.BREAKER,
            Level.CRITICAL,
            ("KILLED", "a hunch", "everything held is sold"),
        ),
        (
            facts.DeskRearmed(at=moment(10), why="all is well"),
            Topic.BREAKER,
            Level.INFO,
            ("re-armed", "all is well"),
        ),
        (
            facts.EntriesPaused(at=moment(10), why="the journal cannot be written", leaving=False),
            Topic.BREAKER,
            Level.WARNING,
            ("Entries paused", "the journal cannot be written"),
        ),
        (facts.EntriesResumed(at=moment(10)), Topic.BREAKER, Level.INFO, ("allowed again",)),
        (
            facts.StrategyFailed(
                at=moment(10), symbol="BTCUSDC", strategy="mine", why="ValueError: <oops>"
            ),
            Topic.TROUBLE,
            Level.WARNING,
            ("mine failed", "ValueError: <oops>", "stays protected"),
        ),
        (
            facts.CommandRefused(
                at=moment(10), command="ClosePosition", why="nothing is held", about="ETHUSDC"
            ),
            Topic.TROUBLE,
            Level.WARNING,
            ("Refused: ClosePosition ETHUSDC", "nothing is held"),
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Fact) else "",
)
def test_risk_is_told_at_once(
    fact: Fact, topic: Topic, level: Level, words: tuple[str, ...]
) -> None:
    listener = started().hear(fact)
    (notice,) = listener.told
    assert (notice.topic, notice.lane, notice.level) == (topic, Lane.RISK, level)
    assert all(word in notice.plain for word in words), notice.plain
    assert "<oops>" not in notice.html


def test_a_report_tells_the_day_once_and_the_next_begins_anew() -> None:
    # 13:00 UTC is when the story begins; reports are due at 14:00.
    listener = Listener(report=ReportTime(14 * 60)).hear(opened(), listed(BTCUSDC))
    listener.hear(marked(1, "10000"), *bought(), *sold(), marked(1_000, "9950"))
    listener.hear(marked(2_000, "10001.23"), lost("BTCUSDC", 3_000))
    before = len(listener.told)
    listener.hear(marked(3_601, "10001.23"))
    (report,) = [notice for notice in listener.told[before:] if notice.topic is Topic.REPORT]
    assert report.picture is not None
    assert report.picture.kind is PictureKind.REPORT
    assert report.at == moment(3_600)
    assert report.plain.splitlines() == [
        "📊 Report, the last 60 min",
        "🟢 +1.23 USDC +0.01 %",
        "equity 10,001.23 USDC",
        "deepest fall \N{MINUS SIGN}50.00 (\N{MINUS SIGN}0.50 %)",
        "1 position closed, 100 % won",
        "realised +1.23, fees 0.8000",
        "3 fills, volume 1,601.63",
        "by pair",
        "🟢 BTCUSDC +1.23 (1 of 1)",
        "by exit",
        "🟢 target reached +1.23 (1 of 1)",
        "1 lost feed",
    ]
    again = listener.narrator.pass_time(moment(3_600) + DAY)
    (report,) = [notice for notice in again if notice.topic is Topic.REPORT]
    assert "no trades" in report.plain
    assert "+1.23" not in report.plain


def test_a_report_tells_whether_the_overseer_helped() -> None:
    words = "helped by 12.40 ± 5.10 USDC after 31 decisions, spent $0.84"
    told = []
    for worth in (words, ""):
        memory = Listener(report=ReportTime(14 * 60)).hear(opened()).narrator.memory
        informants = Informants(overseer_worth=lambda worth=worth: worth)
        narrator = Narrator(memory, Pace(), ReportTime(14 * 60), informants=informants)
        told += [it for it in narrator.pass_time(moment(3_601)) if it.topic is Topic.REPORT]
    with_overseer, without = told
    assert f"overseer, since it began: {words}" in with_overseer.plain.splitlines()
    assert "overseer" not in without.plain


def test_a_report_missed_while_away_is_told_afterwards_with_its_own_time() -> None:
    listener = Listener(report=ReportTime(14 * 60)).hear(opened(), listed(BTCUSDC))
    later = from_text(to_text(listener.narrator.memory))
    woken = Listener(report=ReportTime(14 * 60), memory=later)
    told = woken.narrator.pass_time(moment(10 * 3_600))
    assert [notice.at for notice in told if notice.topic is Topic.REPORT] == [moment(3_600)]


def test_a_first_start_owes_no_report_for_the_day_before() -> None:
    listener = Listener(report=ReportTime(14 * 60)).hear(opened())
    listener.wait(60)
    assert [notice.topic for notice in listener.told] == [Topic.RUN]


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 21), ("America/New_York", 2), ("Europe/Berlin", 20)]
)
def test_a_reports_time_is_the_zones_own(zone: str, hour: int) -> None:
    """21:00 of November in UTC, New York (five hours behind) and Berlin (one ahead)."""
    noon = 1_763_640_000 * SECOND
    wanted = ReportTime(21 * 60, zone).last_before(noon + 23 * 3_600 * SECOND)
    assert wanted <= noon + 23 * 3_600 * SECOND
    assert wanted // SECOND % 86_400 == hour * 3_600


def test_a_change_of_session_is_told_with_its_end() -> None:
    listener = started()
    narrator = Narrator(
        listener.narrator.memory,
        Pace(),
        None,
        informants=Informants(session_ends=lambda at: Nanos(at + 7_200 * SECOND)),
    )
    assert narrator.see_session("ASIA", moment(10)) == []
    assert narrator.see_session("ASIA", moment(11)) == []
    (notice,) = narrator.see_session("OFF_HOURS", moment(60))
    assert notice.plain == "🕑 Session OFF HOURS\nuntil 15:01 UTC, 2 h 00 min\nbefore: ASIA"
    assert notice.topic is Topic.SESSION


OVERLAY = Overlay(
    overlay="calm-1",
    kind=OverlayKind.RISK_MULTIPLIER,
    scope="BTCUSDC",
    value=Decimal("0.50"),
    ttl_seconds=900,
    baseline="b",
    snapshot_at=moment(0),
    why="news <b>ahead</b>",
)


@pytest.mark.parametrize(
    ("fact", "topic", "lines"),
    [
        (
            command_facts.SymbolLocked(
                at=moment(1), origin=Origin.PERSON, symbol="BTCUSDC", until=moment(60), why="odd"
            ),
            Topic.BREAKER,
            ["🔒 BTCUSDC locked", "no entries until 13:01:00 UTC", "odd", "by a person"],
        ),
        (
            command_facts.SymbolUnlocked(at=moment(1), origin=Origin.CLI, symbol="BTCUSDC"),
            Topic.BREAKER,
            ["🔓 BTCUSDC unlocked", "by a person at the console"],
        ),
        (
            command_facts.StrategySwitched(
                at=moment(1), origin=Origin.PERSON, strategy="flash", on=False
            ),
            Topic.RUN,
            ["🎛 Strategy flash off", "by a person"],
        ),
        (
            command_facts.ParameterSet(
                at=moment(1), origin=Origin.PERSON, key="US.stop_bps", before="", value="12"
            ),
            Topic.RUN,
            ["🎛 US.stop_bps", "as configured → 12", "by a person"],
        ),
        (
            command_facts.ParameterUndone(
                at=moment(1), origin=Origin.PERSON, key="US.stop_bps", before="12", value=""
            ),
            Topic.RUN,
            ["↩️ US.stop_bps taken back", "12 → as configured", "by a person"],
        ),
        (
            command_facts.OverlayApplied(
                at=moment(0),
                origin=Origin.OVERSEER,
                overlay=OVERLAY,
                until=moment(900),
                loosens=False,
                equity=None,
            ),
            Topic.OVERSEER,
            [
                "🧠 sizes \N{MULTIPLICATION SIGN} 0.5, BTCUSDC",
                "more careful, for 15 min",
                "until 13:15:00 UTC",
                "news <b>ahead</b>",
                "by the overseer",
            ],
        ),
        (
            command_facts.OverlayRefused(
                at=moment(1),
                origin=Origin.OVERSEER,
                overlay="calm-1",
                reason=OverlayRefusal.STALE_BASELINE,
                detail="made for another baseline",
            ),
            Topic.OVERSEER,
            [
                "🚫 Overlay refused: calm-1",
                "stale baseline",
                "made for another baseline",
                "by the overseer",
            ],
        ),
        (
            command_facts.OverlayExpired(at=moment(1), overlay="calm-1"),
            Topic.OVERSEER,
            ["⌛ Overlay over: calm-1"],
        ),
        (
            command_facts.OverlayReverted(
                at=moment(1), origin=Origin.SYSTEM, overlay="calm-1", why="the desk was killed"
            ),
            Topic.OVERSEER,
            ["↩️ Overlay ended: calm-1", "the desk was killed", "by the system"],
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Fact) else "",
)
def test_what_people_and_the_overseer_change_is_told(
    fact: Fact, topic: Topic, lines: list[str]
) -> None:
    (notice,) = started().hear(fact).told
    assert (notice.topic, notice.lane) == (topic, Lane.RISK)
    assert notice.plain.splitlines() == lines
    assert "<b>ahead" not in notice.html

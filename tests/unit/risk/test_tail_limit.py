"""Everything held may lose only so much of the desk in a bad hour."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_proposal, an_instrument
from tests.unit.risk.views import a_desk
from trading_agent.domain.decision import Approved, RefusalReason, Refused
from trading_agent.risk.desk_view import Holding
from trading_agent.risk.gate import RiskGate
from trading_agent.risk.settings import RiskLimits

ETH = an_instrument("ETHUSDC")
ENTRY = a_proposal()
"""100 of value."""


def asked(percent: str, **seen: Any) -> Approved | Refused:
    limits = RiskLimits(max_tail_loss_percent=Decimal(percent))
    return RiskGate(limits).review(ENTRY, a_desk(seen=seen))


def reason(answer: Approved | Refused) -> str:
    return answer.reason.value if isinstance(answer, Refused) else ""


def test_the_bad_hours_of_all_pairs_come_together() -> None:
    held = (Holding(ETH, Decimal(3_000)),)
    bad = {"BTCUSDC": 0.02, "ETHUSDC": 0.10}
    assert reason(asked("3.1", holdings=held, tail_loss=bad)) == ""
    answer = asked("3", holdings=held, tail_loss=bad)
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.MAX_TAIL_LOSS
    assert answer.detail == "a bad hour would cost 3.0 percent of the desk, at most 3"


def test_what_is_promised_counts() -> None:
    gate = RiskGate(RiskLimits(max_tail_loss_percent=Decimal("0.15")))
    seen = {"tail_loss": 0.1}
    answers = [
        reason(
            gate.review(a_proposal(symbol=name), a_desk(instrument=an_instrument(name), seen=seen))
        )
        for name in ("AUSDC", "BUSDC")
    ]
    assert answers == ["", "max_tail_loss"]


def test_a_pair_of_which_little_is_known_counts_as_configured() -> None:
    limits = RiskLimits(max_tail_loss_percent=Decimal("0.5"), unknown_tail_loss_percent=Decimal(60))
    answer = RiskGate(limits).review(ENTRY, a_desk(seen={"tail_loss": float("nan")}))
    assert reason(answer) == "max_tail_loss"
    limits = RiskLimits(max_tail_loss_percent=Decimal("0.5"), unknown_tail_loss_percent=Decimal(20))
    assert reason(RiskGate(limits).review(ENTRY, a_desk(seen={"tail_loss": float("nan")}))) == ""


def test_nothing_loses_more_than_it_is_worth() -> None:
    """With cash for all of it nobody is asked how bad hours are."""
    answer = RiskGate(RiskLimits(max_tail_loss_percent=Decimal(50))).review(
        ENTRY, a_desk(seen={"tail_loss": RuntimeError("asked")})
    )
    assert reason(answer) == ""


def test_zero_is_no_limit() -> None:
    assert reason(asked("0", tail_loss=RuntimeError("asked"))) == ""


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"equity": None}, "equity_unknown"),
        ({"equity": Decimal("NaN")}, "max_tail_loss"),
        ({"tail_loss": float("inf")}, "max_tail_loss"),
        ({"tail_loss": RuntimeError("no candles")}, "rule_failed"),
    ],
)
def test_what_cannot_be_judged_is_refused(seen: dict[str, Any], code: str) -> None:
    assert reason(asked("1", **seen)) == code

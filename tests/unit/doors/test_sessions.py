"""Which session it is, and which comes next."""

from trading_agent.domain.units import HOUR, Nanos
from trading_agent.doors.sessions import SessionBook
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_MONDAY = 4 * 24 * HOUR


def test_a_session_names_its_end_the_next_one_and_its_parameters() -> None:
    manager = TradingSessionManager(SessionPlan())
    found = SessionBook(manager).at(Nanos(_MONDAY + HOUR))
    session = manager.session_at(Nanos(_MONDAY + HOUR))
    assert (found.name, found.next_name, found.ends_at) == ("ASIA", "EUROPE", _MONDAY + 8 * HOUR)
    parameters = dict(found.parameters)
    assert float(parameters["imbalance_threshold"]) == session.signal.imbalance_threshold
    assert float(parameters["take_profit_bps"]) == session.execution.take_profit_bps


def test_where_one_session_holds_all_week_none_comes_next() -> None:
    book = SessionBook(TradingSessionManager(SessionPlan(sessions={})))
    found = book.at(Nanos(_MONDAY))
    assert (found.name, found.next_name, found.ends_at) == ("OFF_HOURS", None, None)

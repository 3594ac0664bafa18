"""The trading sessions, for a door: `runtime.door_ports.SessionsPort`."""

from trading_agent.domain.units import Nanos
from trading_agent.runtime.door_ports import SessionFacts
from trading_agent.signals.sessions import Session, TradingSessionManager


class SessionBook:
    def __init__(self, sessions: TradingSessionManager) -> None:
        self._sessions = sessions

    def at(self, at: Nanos) -> SessionFacts:
        session, ends_at = self._sessions.session_at(at), self._sessions.end_at(at)
        following = None if ends_at is None else self._sessions.session_at(ends_at).name
        return SessionFacts(
            name=session.name,
            ends_at=ends_at,
            next_name=following,
            parameters=tuple(_parameters(session)),
        )


def _parameters(session: Session) -> list[tuple[str, str]]:
    """As configured; what a person has changed since is in the snapshot."""
    named = {**session.signal.model_dump(), **session.execution.model_dump()}
    return [(name, _plain(value)) for name, value in named.items()]


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

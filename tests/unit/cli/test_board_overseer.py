"""The overseer's two lines on the board."""

from trading_agent.cli.board_overseer import overseer_lines
from trading_agent.interfaces.oversight.parts import OversightState


def text(state: OversightState | None, width: int = 160) -> list[str]:
    return ["".join(part for part, _ in line) for line in overseer_lines(state, width)]


def test_who_is_not_there_takes_no_room() -> None:
    assert text(None) == []
    assert text(OversightState(mode="off")) == []


def test_a_simulated_model_is_called_so() -> None:
    state = OversightState(
        mode="auto_tighten",
        who="SIMULATED models",
        last="stress of BTCUSDC: d1 (SIMULATED model): no change",
        spent="$0.01 of $1.00 today",
        worth="not enough evidence yet: no decision has come to an end",
        waiting=2,
        alarms=("d.depth.BTCUSDC",),
    )
    first, second = text(state)
    assert first.startswith("Overseer auto_tighten (SIMULATED models)  2 wait for your answer")
    assert "alarms d.depth.BTCUSDC" in first
    assert second == (
        "It may help or not: not enough evidence yet: no decision has come to an end"
        "; $0.01 of $1.00 today"
    )


def test_lines_fit_the_terminal() -> None:
    state = OversightState(mode="rules", last="x" * 300, worth="helped by 3 USDC" + "y" * 300)
    assert all(len(line) <= 80 for line in text(state, 80))
    assert text(state)[1].startswith("It helped by 3 USDC")

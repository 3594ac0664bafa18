"""The door from the phone: real HTTP, a strict Bot API, a desk with a real snapshot."""

from pathlib import Path

from tests.telegram_desk import OWNER, STRANGER, scene


def code_of(said: list[str]) -> str:
    line = next(each for each in said if "/start " in each)
    return line.split("/start ")[1].split()[0]


def test_the_code_on_the_console_pairs_the_owner(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        at.api.wait(lambda: any("/start " in each for each in at.said))
        at.api.send("/status", STRANGER)
        at.api.send("/start WRONGCODE", STRANGER)
        answer = at.ask(f"/start {code_of(at.said)}", "Paired")
        assert answer.keyboard
        assert "Equity" in at.ask("/status", "BTCUSDC").text
        assert {each.chat for each in at.api.messages} == {OWNER}
        at.api.wait(lambda: OWNER in at.api.menus)

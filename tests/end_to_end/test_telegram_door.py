"""The door from the phone: real HTTP, a strict Bot API, a desk with a real snapshot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telegram_api.api import TelegramApi
from tests.telegram_api.server import TelegramServer
from tests.telegram_desk import (
    OWNER,
    PEOPLE,
    PNG,
    STRANGER,
    TOKEN,
    TRADER,
    VIEWER,
    Scene,
    desk_snapshot,
    scene,
)
from trading_agent.domain.commands import (
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Command,
    EnterPosition,
    Kill,
    LockSymbol,
    PauseEntries,
    Rearm,
    SetParameter,
    StartTrading,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import CommandRefused
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.telegram.command_table import COMMANDS, menu_of
from trading_agent.interfaces.telegram.people import Role
from trading_agent.notifications.late import SIMULATED
from trading_agent.notifications.notice import Lane, Notice, Topic
from trading_agent.runtime.offer import Offer

PATIENT = {"commands_per_minute": 600, "command_burst": 100}

READ = {
    "/status": "Trading",
    "/status table": "BTCUSDC",
    "/status btc/usdc": "take profit",
    "/positions": "take profit",
    "/orders": "limit maker",
    "/order": "limit maker",
    "/balance": "10,001.28",
    "/count": "1 of 8",
    "/why": "cooling down",
    "/why ETHUSDC": "momentum",
    "/signals": "imbalance",
    "/patterns": "double bottom",
    "/session": "US",
    "/whitelist": "ETHUSDC",
    "/profit": "62.5%",
    "/profit 7": "last 7 days",
    "/daily": "20 Nov",
    "/weekly 3": "06 Nov",
    "/monthly": "Oct 2025",
    "/trades": "stop",
    "/trades 40": "ETHUSDC",
    "/performance": "+14.20",
    "/entries": "flash",
    "/buys": "flash",
    "/exits": "take profit",
    "/sells": "take profit",
    "/stats": "winners held",
    "/risk": "exposure",
    "/latency": "tick to decision",
    "/health": "Well",
    "/version": "1.2.3",
    "/locks": "news <today>",
    "/strategies": "momentum",
    "/pairs": "BTCUSDC",
    "/subscribe": "breaker",
    "/subscribe fill silent": "fill",
    "/quiet 22:00-07:00": "22:00",
    "/quiet off": "No quiet",
    "/help": "/positions",
    "/help fx": "forceexit",
    "/start": "/help",
}
PICTURES = {
    "/chart BTCUSDC 5m": "5m",
    "/book btc": "within 25 bps",
    "/equity 7": "10,001",
    "/report week": "overseer, since it began: helped by 12.40 ± 5.10 USDC after 31 decisions",
}
TRADERS_READ = {
    "/logs 2": "reconnected",
    "/config": "embedded",
    "/overseer why": "<why>",
    "/ask is it calm?": "<ask is it calm?>",
}
DEEDS: dict[str, type[Command]] = {
    "/resume": StartTrading,
    "/forceenter BTCUSDC 100": EnterPosition,
    "/forcelong BTCUSDC": EnterPosition,
    "/forceexit BTCUSDC": ClosePosition,
    "/fx all": ClosePosition,
    "/close BTCUSDC": ClosePosition,
    "/closeall": CloseAll,
    "/flatten": CloseAll,
    "/cancel 12": CancelOrder,
    "/coo entries": CancelEntries,
    "/kill flatten": Kill,
    "/lock BTCUSDC 2h": LockSymbol,
    "/blacklist BTCUSDC": LockSymbol,
    "/unlock ETHUSDC": UnlockSymbol,
}
OWNERS_DEEDS: dict[str, type[Command]] = {
    "/rearm": Rearm,
    "/set US.imbalance_threshold 0.3": SetParameter,
    "/undo": UndoParameter,
    "/strategy momentum on": SwitchStrategy,
}
AT_ONCE: dict[str, type[Command]] = {
    "/pause": PauseEntries,
    "/stop": PauseEntries,
    "/stopentry": PauseEntries,
    "/kill": Kill,
}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A paused desk with three people, used by all tests that leave nothing behind."""
    paused = desk_snapshot(trading=False, why_not_trading="by Anna", breakers=("daily loss",))
    with scene(tmp_path_factory.mktemp("door"), snapshot=paused, **PEOPLE, **PATIENT) as made:
        yield made


def code_of(said: list[str]) -> str:
    line = next(each for each in said if "/start " in each)
    return line.split("/start ")[1].split()[0]


def test_the_code_on_the_console_pairs_the_owner_for_good(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        with scene(tmp_path, server=server) as at:
            at.api.wait(lambda: any("/start " in each for each in at.said))
            at.api.send("/status", STRANGER)
            at.api.send("/start WRONGCODE", STRANGER)
            answer = at.ask(f"/start {code_of(at.said)}", "Paired")
            assert answer.keyboard
            assert "Equity" in at.ask("/status", "BTCUSDC").text
            assert {each.chat for each in at.api.messages} == {OWNER}
            at.api.wait(lambda: OWNER in at.api.menus)
        with scene(tmp_path, server=server) as at:
            assert "Equity" in at.ask("/status", "BTCUSDC").text
            assert not any("/start " in each for each in at.said)


def test_a_code_is_worth_nothing_to_the_next_or_in_a_group(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        at.api.wait(lambda: any("/start " in each for each in at.said))
        code = code_of(at.said)
        at.api.send(f"/start {code}", OWNER, chat=-100)
        at.ask(f"/start {code}", "Paired")
        at.api.send(f"/start {code}", STRANGER)
        at.ask("/version", "1.2.3")
        assert {each.chat for each in at.api.messages} == {OWNER}
        assert at.door.state.strangers == 2


def test_who_has_missed_the_hour_gets_a_new_code_on_the_console(tmp_path: Path) -> None:
    with scene(tmp_path) as at:
        at.api.wait(lambda: any("/start " in each for each in at.said))
        late = code_of(at.said)
        at.clock.skip(2 * HOUR)
        at.said.clear()
        at.api.send(f"/start {late}", OWNER)
        at.api.wait(lambda: any("/start " in each for each in at.said))
        at.ask(f"/start {code_of(at.said)}", "Paired")


def test_who_is_on_no_list_any_more_is_forgotten(tmp_path: Path) -> None:
    with TelegramServer(TelegramApi(TOKEN)) as server:
        with scene(tmp_path, server=server, owners=(OWNER,), viewers=(VIEWER,)) as at:
            at.ask("/version", "1.2.3", VIEWER)
            assert f"telegram:{VIEWER}" in at.store.destinations()
        with scene(tmp_path, server=server, owners=(OWNER,)) as at:
            at.ask("/version", "1.2.3")
            assert at.store.destinations() == (f"telegram:{OWNER}",)


def test_every_command_that_reads_is_answered_to_a_viewer(at: Scene) -> None:
    wanted = {**READ, **PICTURES}
    wanted["/status"] = wanted["/start"] = "Not trading"
    for command, holds in wanted.items():
        answer = at.ask(command, holds, VIEWER)
        assert SIMULATED in answer.text, command
        assert (answer.photo == PNG) == (command in PICTURES), command


def test_what_traders_and_owners_may_read_is_kept_from_viewers(at: Scene) -> None:
    for command, holds in TRADERS_READ.items():
        assert holds in at.ask(command, holds, TRADER).text
        assert "takes a trader" in at.ask(command, "/", VIEWER).text


@pytest.mark.parametrize("command", DEEDS | OWNERS_DEEDS)
def test_a_deed_is_asked_about_and_done_after_a_yes(at: Scene, command: str) -> None:
    at.desk.heard.clear()
    question = at.ask(command, "Open for")
    assert not at.desk.heard
    mark = at.api.mark()
    at.api.press(question, "Yes")
    at.api.wait(lambda: at.desk.heard)
    answered = at.api.reply(mark, chat=OWNER)
    assert answered.number == question.number, "the question is edited, and cannot be pressed again"
    assert not answered.buttons
    wanted = (DEEDS | OWNERS_DEEDS)[command]
    assert [type(each) for each in at.desk.heard] == [wanted]


@pytest.mark.parametrize("command", AT_ONCE)
def test_what_makes_the_desk_safer_is_done_at_once(at: Scene, command: str) -> None:
    at.desk.heard.clear()
    at.ask(command, "resume" if AT_ONCE[command] is PauseEntries else "rearm", TRADER)
    assert [type(each) for each in at.desk.heard] == [AT_ONCE[command]]


def test_nobody_does_what_takes_a_higher_role(at: Scene) -> None:
    at.desk.heard.clear()
    for command in (*DEEDS, *AT_ONCE, *OWNERS_DEEDS):
        assert "and you are a viewer" in at.ask(command, "takes", VIEWER).text, command
    for command in (*OWNERS_DEEDS, "/reload_config"):
        assert "takes an owner" in at.ask(command, "takes", TRADER).text, command
    assert "Only an owner" in at.ask("/pairs add SOLUSDC", "owner", TRADER).text
    assert not at.desk.heard


def test_every_command_of_the_table_is_in_these_tests() -> None:
    tried = {*READ, *PICTURES, *TRADERS_READ, *DEEDS, *OWNERS_DEEDS, *AT_ONCE}
    tried |= {"/reload_config", "/pairs add SOLUSDC"}
    names = {each.split()[0][1:] for each in tried}
    for row in COMMANDS:
        assert names & {row.name, *row.aliases}, row.name


def test_deeds_that_are_no_commands_are_done_after_a_yes_too(at: Scene) -> None:
    at.yes(at.ask("/reload_config", "Open for"), "at the next start")
    assert at.settings_port.reloads == 1
    at.yes(at.ask("/pairs add solusdc", "Open for"), "from the next start on")
    assert at.pairs.done == ["add SOLUSDC"]


def test_what_the_overseer_may_is_an_owners_to_say_and_asked_about(at: Scene) -> None:
    assert "n owner alone" in at.ask("/overseer mode auto", "owner", TRADER).text
    assert "<mode auto>" in at.yes(at.ask("/overseer mode auto", "Open for"), "mode auto").text
    assert "<mode>" in at.ask("/overseer mode", "mode", TRADER).text
    question = at.ask("/overseer revert all", "Open for", TRADER)
    assert "as it was configured" in question.text


def test_an_alert_offers_what_can_be_done_and_only_to_who_may(at: Scene) -> None:
    mark = at.api.mark()
    asks = Notice(
        key="overseer:asks",
        at=Nanos(at.clock.now()),
        topic=Topic.OVERSEER,
        lane=Lane.RISK,
        html="overseer asks: sizes x 1.1",
        plain="overseer asks: sizes x 1.1",
        offers=(
            Offer(words="yes d3.1", command="/overseer approve d3.1"),
            Offer(words="Why", command="/overseer why d3"),
        ),
    )
    at.store.keep((asks,))
    told = at.api.reply(mark, "overseer asks", chat=TRADER)
    assert [[each["text"] for each in row] for row in told.buttons] == [["yes d3.1", "Why"]]
    to_viewer = at.api.reply(mark, "overseer asks", chat=VIEWER)
    mark = at.api.mark()
    at.api.press(to_viewer, "yes d3.1", user=VIEWER)
    assert "takes a trader" in at.api.reply(mark, chat=VIEWER).text
    mark = at.api.mark()
    at.api.press(told, "yes d3.1", user=TRADER)
    assert "<approve d3.1>" in at.api.reply(mark, "approve", chat=TRADER).text


def test_no_means_no(at: Scene) -> None:
    at.desk.heard.clear()
    question = at.ask("/closeall", "Open for")
    mark = at.api.mark()
    at.api.press(question, "No")
    assert at.api.reply(mark, "Not done").number == question.number
    assert not at.desk.heard


def test_the_desk_says_why_it_refuses(at: Scene) -> None:
    why = "only a person may resume trading"
    usual = at.desk.answers
    at.desk.answers = lambda _: CommandRefused(at=Nanos(1), command="StartTrading", why=why)
    try:
        assert why in at.yes(at.ask("/resume", "Open for"), "Refused").text
    finally:
        at.desk.answers = usual


def test_who_is_asked_which_gets_buttons_that_ask_again(at: Scene) -> None:
    at.desk.heard.clear()
    which = at.ask("/forceexit", "Which position")
    mark = at.api.mark()
    at.api.press(which, "BTCUSDC")
    question = at.api.reply(mark, "Close BTCUSDC?")
    assert question.number == which.number
    assert "61,234.50" in question.text
    at.yes(question)
    assert [type(each) for each in at.desk.heard] == [ClosePosition]


def test_pages_are_turned_and_refreshed_in_place(at: Scene) -> None:
    first = at.ask("/trades 40", "ETHUSDC")
    assert [each["text"] for each in first.buttons[-1]] == ["🔄 1/3", "▶"]
    before = first.html
    mark = at.api.mark()
    at.api.press(first, "▶")
    second = at.api.reply(mark, "BTCUSDC")
    assert second.number == first.number
    assert [each["text"] for each in second.buttons[-1]] == ["◀", "🔄 2/3", "▶"]
    assert second.html != before


def test_a_refresh_that_changes_nothing_is_no_error(at: Scene) -> None:
    answer = at.ask("/status table", "BTCUSDC")
    bells = len(at.api.bells)
    at.api.press(answer, "🔄", times=3)
    at.api.wait(lambda: len(at.api.bells) >= bells + 3)
    assert at.ask("/version", "1.2.3")
    assert not any("broke" in each.text for each in at.api.messages)


@pytest.mark.parametrize(
    ("command", "holds"),
    [
        ("/statsu", "did you mean /stats"),
        ("/nonsense_of_a_kind", "/help lists all"),
        ("hello there", "no command"),
        ("/status DOGEUSDC", "not traded here; there are BTCUSDC, ETHUSDC"),
        ("/forceexit ETHUSDC", "nothing is held in ETHUSDC"),
        ("/forceenter BTCUSDC 1e5", "no amount"),
        ("/forceenter BTCUSDC 0", "bought for 0"),
        ("/cancel 99", "no open order has the number 99"),
        ("/set imbalance_threshold 5", "from 0.05 to 0.9"),
        ("/set imbalance_threshold NaN", "not a plain number"),
        ("/set nonsense 1", "/set"),
        ("/strategy nobody on", "there are flash, momentum"),
        ("/strategy flash sideways", "/strategy flash on"),
        ("/unlock BTCUSDC", "not locked"),
        ("/pairs add", "/pairs add BTCUSDC"),
        ("/profit soon", "/profit 7"),
        ("/daily 100000000000", "from 1 to 200"),
        ("/chart BTCUSDC 7m", "there are 1m, 5m"),
        ("/report year", "/report week"),
        ("/config nonsense", "no setting"),
        ("/subscribe gossip", "there are all, entry"),
        ("/quiet 9-5", "22:00-07:00"),
        ("/quiet 22:00-07:00 Middle/Earth", "Europe/Berlin"),
        ("/help nonsense", "/help lists all"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(at: Scene, command: str, holds: str) -> None:
    answer = at.ask(command, "⚠️")
    assert holds.lower() in answer.text.lower()


def test_a_database_that_fails_is_told_and_nothing_else_suffers(at: Scene) -> None:
    at.records.trouble = StorageError("the records are locked; try again shortly")
    try:
        assert "locked" in at.ask("/daily", "⚠️").text
        at.records.trouble = RuntimeError("no such column: secret")
        assert "broke inside (RuntimeError)" in at.ask("/daily", "⚠️").text
    finally:
        at.records.trouble = None
    assert at.ask("/daily", "20 Nov")


def test_each_has_the_menu_of_his_role(at: Scene) -> None:
    at.api.wait(lambda: {OWNER, TRADER, VIEWER} <= at.api.menus.keys())
    names = {who: {each["command"] for each in at.api.menus[who]} for who in (OWNER, VIEWER)}
    assert names[OWNER] == {name for name, _ in menu_of(Role.OWNER)}
    assert "set" in names[OWNER]
    assert not names[VIEWER] & {"set", "kill", "forceexit", "logs"}


def test_a_desk_that_opens_says_so_and_can_be_killed(tmp_path: Path) -> None:
    with scene(tmp_path, opening=True, **PEOPLE) as at:
        assert "still opening" in at.ask("/status", "⚠️").text
        at.ask("/kill now", "Killed")
        assert [type(each) for each in at.desk.heard] == [Kill]

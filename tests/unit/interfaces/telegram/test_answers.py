"""Every answer as the phone shows it: valid markup, and lines that are not broken."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.run_statuses import NOW, order_view, position_view, symbol_view
from tests.telegram_api.markup import shown
from tests.telegram_desk import all_sources, desk_snapshot
from trading_agent.domain.errors import CommandError
from trading_agent.domain.order import OrderPurpose
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import Answer, Ask, CommandRow, Reply, Sources, Wish
from trading_agent.interfaces.telegram.answers_run import without_code
from trading_agent.interfaces.telegram.command_table import COMMANDS, find_command, menu_of
from trading_agent.interfaces.telegram.people import Role
from trading_agent.notifications.figures import MINUS
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import SystemClock

EXAMPLES = {
    "status": ["", "table", "btc"],
    "trades": ["", "40"],
    "profit": ["", "7"],
    "forceenter": ["", "btc 100"],
    "forceexit": ["", "btc", "all"],
    "cancel": ["", "12", "entries"],
    "chart": ["", "btc 5m"],
    "book": ["", "btc"],
    "set": [
        "",
        "imbalance_threshold",
        "us.imbalance_threshold 0.3",
        "us.imbalance_threshold reset",
    ],
    "lock": ["", "btc 2h news"],
    "unlock": ["", "eth"],
    "strategy": ["", "flash off"],
    "pairs": ["", "add SOLUSDC"],
    "help": ["", "kill"],
    "kill": ["", "flatten"],
    "subscribe": ["", "fill silent"],
    "quiet": ["", "22:00-07:00 Europe/Berlin"],
}


@pytest.fixture(name="sources")
def made_sources(tmp_path: Path) -> Iterator[Sources]:
    store = NoticeStore(tmp_path / "notices.sqlite", SystemClock())
    store.open()
    store.appear("telegram:7")
    yield Sources(**all_sources(store))
    store.close()


def asked(sources: Sources, row: CommandRow, arguments: str, desk: DeskSnapshot) -> Reply:
    return row.answer(
        Ask(
            command=row.name,
            words=tuple(arguments.split()),
            now=NOW,
            desk=desk,
            role=Role.OWNER,
            person="Anna",
            chat=7,
            sources=sources,
        )
    )


def pages(reply: Reply) -> tuple[str, ...]:
    return reply.pages if isinstance(reply, Answer) else (reply.preview,)


def crowded(desk: DeskSnapshot) -> DeskSnapshot:
    """Twenty positions and orders of long names and large prices, all of them at a loss."""
    names = [f"LONGNAME{at:02d}USDC" for at in range(20)]
    big = {"average_price": Decimal("123456.789"), "mark_price": Decimal("98765.4321")}
    return replace(
        desk,
        symbols=tuple(symbol_view(name, obstacles=("a" * 200,)) for name in names),
        positions=tuple(
            position_view(name, unrealised_profit=Decimal("-12345.678"), **big) for name in names
        ),
        open_orders=tuple(order_view(at, symbol=name) for at, name in enumerate(names)),
    )


HOSTILE = "<I>&\u202e"


def hostile(desk: DeskSnapshot) -> DeskSnapshot:
    """Every text that comes from elsewhere is meant to break the markup."""
    lock = replace(desk.changes.locks[0], symbol=HOSTILE, why=HOSTILE)
    strategy = replace(desk.changes.strategies[0], strategy=HOSTILE, failed=HOSTILE)
    parameter = replace(desk.changes.parameters[0], key=HOSTILE, unit=HOSTILE, what=HOSTILE)
    return replace(
        desk,
        quote=HOSTILE,
        venue=HOSTILE,
        why_not_trading=HOSTILE,
        trading=False,
        breakers=(HOSTILE,),
        symbols=(symbol_view(HOSTILE, obstacles=(HOSTILE,), session=HOSTILE, regime=HOSTILE),),
        positions=(position_view(HOSTILE),),
        open_orders=(order_view(12, symbol=HOSTILE),),
        changes=replace(
            desk.changes,
            undoable=HOSTILE,
            locks=(lock,),
            strategies=(strategy,),
            parameters=(parameter,),
        ),
    )


def empty(desk: DeskSnapshot) -> DeskSnapshot:
    return replace(desk, positions=(), open_orders=(), symbols=(), balances=(), trading=False)


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_answers_are_valid_and_their_tables_fit_a_phone(row: CommandRow, sources: Sources) -> None:
    for make in (lambda desk: desk, crowded, empty, hostile):
        desk = make(desk_snapshot())
        for arguments in (*EXAMPLES.get(row.name, [""]), HOSTILE, f"{HOSTILE} 1", f"{HOSTILE} off"):
            try:
                reply = asked(sources, row, arguments, desk)
            except CommandError:
                continue
            for html in pages(reply):
                text = shown(html)
                assert text.strip() or isinstance(reply, Wish)
                for table in re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL):
                    assert "\u202e" not in text
                    widest = max(len(line) for line in shown(table).splitlines())
                    assert widest <= words.WIDTH, shown(table)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("btc", "<b>Cancel entries of BTCUSDC?</b>\n1 open now."),
        ("eth", "<b>Cancel entries of ETHUSDC?</b>\nNone open now."),
        ("entries", "<b>Cancel entries?</b>\n1 open now."),
    ],
)
def test_a_question_about_entries_says_how_many_there_are(
    sources: Sources, arguments: str, says: str
) -> None:
    row = find_command("cancel")
    assert row is not None
    desk = desk_snapshot(
        open_orders=(order_view(12, symbol="BTCUSDC", purpose=OrderPurpose.ENTRY),)
    )
    assert says in pages(asked(sources, row, arguments, desk))[0]


def test_a_session_shows_what_holds_and_not_what_was_configured(sources: Sources) -> None:
    row = find_command("session")
    assert row is not None
    desk = desk_snapshot()
    said = pages(asked(sources, row, "", desk))[0]
    assert re.search(r"^(<pre>)?imbalance_threshold +0\.2$", said, re.MULTILINE)
    now = replace(desk.changes.parameters[0], value=Decimal("0.3"), changed=True)
    assert now.session == "EUROPE"
    desk = replace(desk, changes=replace(desk.changes, parameters=(now,)))
    said = pages(asked(sources, row, "", desk))[0]
    assert re.search(r"^(<pre>)?\*imbalance_threshold +0\.3$", said, re.MULTILINE)
    assert "/set shows both" in said


def test_a_rearming_is_asked_about_only_where_a_breaker_is_tripped(sources: Sources) -> None:
    row = find_command("rearm")
    assert row is not None
    tripped = desk_snapshot(breakers=("daily_loss",), trading=False)
    assert isinstance(asked(sources, row, "", tripped), Wish)
    killed = desk_snapshot(breakers=(), trading=False, why_not_trading="flood")
    said = asked(sources, row, "", killed)
    assert isinstance(said, Answer)
    assert "flash-trading rearm" in said.pages[0]
    assert "flood" in said.pages[0]


def test_menus_are_what_telegram_takes() -> None:
    for role in Role:
        menu = menu_of(role)
        assert len(menu) <= 100
        assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name, _ in menu)
        assert all(1 <= len(does) <= 256 for _, does in menu)
    assert len(menu_of(Role.VIEWER)) < len(menu_of(Role.TRADER)) < len(menu_of(Role.OWNER))


def test_freqtrades_names_and_aliases_work() -> None:
    for name in (
        *("start", "stop", "pause", "stopentry", "stopbuy", "status", "trades", "profit", "daily"),
        *("weekly", "monthly", "performance", "entries", "exits", "buys", "sells", "stats"),
        *("balance", "count", "forceexit", "forcesell", "fx", "forcelong", "forcebuy", "locks"),
        *("unlock", "delete_locks", "whitelist", "blacklist", "logs", "health", "version", "help"),
        *("reload_config", "reload_conf", "show_config", "show_conf", "cancel_open_order", "coo"),
        *("flatten", "closeall", "close", "order", "kill", "rearm"),
    ):
        assert find_command(name) is not None, name


def test_no_two_commands_have_one_name() -> None:
    names = [name for row in COMMANDS for name in (row.name, *row.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("12.346", "🟢 +12.35 USDC"),
        ("-0.0178", f"🔴 {MINUS}0.0178 USDC"),
        ("0", "⚪ 0.00 USDC"),
        ("-1234567.891", f"🔴 {MINUS}1,234,567.89 USDC"),
        ("0.000001", "🟢 0.0000 USDC"),
    ],
)
def test_a_profit_has_a_colour_and_a_sign(value: str, said: str) -> None:
    assert words.profit(Decimal(value), "USDC") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [("61234.5", "61,234.5"), ("61234.567", "61,234.57"), ("0.00001234", "0.00001234"), ("3", "3")],
)
def test_a_price_has_as_many_digits_as_help(value: str, said: str) -> None:
    assert words.price(Decimal(value)) == said


def test_foreign_words_cannot_turn_or_break_a_line() -> None:
    hostile = "a\u202eb\u200bc\nd\x00<b>&" + "x" * 500
    text = shown(words.safe(hostile, 50))
    assert text.isprintable()
    assert "<b>&" in text
    assert len(text) == 50


def test_the_code_that_pairs_is_not_in_logs_and_notes() -> None:
    said = "send your bot the words /start AK8Y6QZEYH within an hour"
    assert without_code(said) == "send your bot the words /start … within an hour"


def test_signals_say_who_leads_a_pair_and_whether_that_is_heard(sources: Sources) -> None:
    row = find_command("signals")
    assert row is not None
    said = "".join(pages(asked(sources, row, "eth", desk_snapshot())))
    assert re.search(r"led, 2 s +BTCUSDC \+0\.31\n", shown(said))
    assert re.search(r"which tells +0\.021 bits a move\n", shown(said))

"""What a person changes while the desk runs: parameters, locks, strategies, pairs."""

from decimal import Decimal
from difflib import get_close_matches
from typing import Final, Literal

from trading_agent.domain.change_views import LockView, ParameterView
from trading_agent.domain.commands import (
    LockSymbol,
    SetParameter,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.decimal_text import plain_text
from trading_agent.domain.errors import CommandError
from trading_agent.domain.units import DAY, HOUR, MINUTE, Nanos, read_decimal
from trading_agent.interfaces.telegram import words
from trading_agent.interfaces.telegram.answer import (
    Answer,
    Ask,
    Button,
    Group,
    Reply,
    Wish,
    needed,
    page,
)
from trading_agent.interfaces.telegram.answer import CommandRow as Row
from trading_agent.interfaces.telegram.answers_desk import known_symbol, symbol_buttons
from trading_agent.interfaces.telegram.answers_trading import PERSON
from trading_agent.interfaces.telegram.people import Role

_FOR_EVER: Final = Nanos(0)
_SPANS: Final = {"m": MINUTE, "h": HOUR, "d": DAY}
_ON_A_PAGE: Final = 20


def set_parameter(ask: Ask) -> Reply:
    """`/set` lists, `/set KEY` explains, `/set KEY VALUE` asks and sets."""
    if not ask.words:
        return _listed(ask)
    found = _parameters(ask, ask.word(0))
    if len(ask.words) == 1:
        return page("\n\n".join(_explained(each) for each in found))
    value = _new_value(found, ask.word(1))
    rows = [(_name(each), f"{plain_text(each.value)} → {_after(each, value)}") for each in found]
    first = found[0]
    key = first.key if len(found) == 1 else ask.word(0)
    shown = plain_text(value) if value is not None else "what is configured"
    return Wish(
        what=f"set {key} to {shown}",
        deed=(
            SetParameter(origin=PERSON, key=key, value="" if value is None else plain_text(value)),
        ),
        preview=words.lines(
            (
                f"<b>Set {words.safe(key)}?</b>",
                words.pairs(rows),
                f"<i>{words.safe(first.what)}; {words.safe(first.unit)}</i>",
                _direction(found, value),
                "It stays over restarts; /undo takes it back.",
            )
        ),
    )


def _listed(ask: Ask) -> Answer:
    found = ask.desk.changes.parameters
    if not found:
        return page("Nothing can be set in this run.")
    rows = [(f"{'*' if each.changed else ''}{each.key}", plain_text(each.value)) for each in found]
    pages = tuple(
        f"{words.pairs(rows[at : at + _ON_A_PAGE])}\n/set KEY VALUE changes one"
        + (", * was set by a person" if any(each.changed for each in found) else "")
        for at in range(0, len(rows), _ON_A_PAGE)
    )
    return Answer(pages=pages)


def _parameters(ask: Ask, key: str) -> tuple[ParameterView, ...]:
    """That of the key, or those of every session that have it; CommandError."""
    every = ask.desk.changes.parameters
    wanted = key.lower()
    exact = tuple(each for each in every if each.key.lower() == wanted)
    found = exact or tuple(each for each in every if _bare(each).lower() == wanted)
    if found:
        return found
    near = get_close_matches(wanted, [each.key.lower() for each in every], 3, 0.4)
    hint = f"; near it: {', '.join(near)}" if near else "; /set lists what can be set"
    raise CommandError(f"{key[:40]} cannot be set{hint}")


def _bare(view: ParameterView) -> str:
    return view.key.rpartition(".")[2] if view.session else view.key


def _name(view: ParameterView) -> str:
    return view.session or view.key


def _new_value(found: tuple[ParameterView, ...], text: str) -> Decimal | None:
    """None: as configured."""
    if text.lower() in ("default", "configured", "reset"):
        return None
    first = found[0]
    try:
        value = read_decimal(text)
    except ValueError as error:
        raise CommandError(f"{text[:24]} is not a plain number, as 0.25 is") from error
    if first.whole and value != value.to_integral_value():
        raise CommandError(f"{first.key} takes whole numbers")
    for each in found:
        if not each.least <= value <= each.most:
            raise CommandError(
                f"{each.key} goes from {plain_text(each.least)} to {plain_text(each.most)} "
                f"{each.unit}; {plain_text(value)} is outside"
            )
    return value


def _after(view: ParameterView, value: Decimal | None) -> str:
    return plain_text(view.configured if value is None else value)


def _direction(found: tuple[ParameterView, ...], value: Decimal | None) -> str:
    """Whether the desk becomes more careful by it."""
    first = found[0]
    after = first.configured if value is None else value
    if first.tighter == "neither" or after == first.value:
        return ""
    tighter = (after < first.value) == (first.tighter == "less")
    return "🛡 more careful" if tighter else "⚠️ less careful"


def _explained(view: ParameterView) -> str:
    rows = [
        ("now", f"{plain_text(view.value)}"),
        ("configured", plain_text(view.configured)),
        ("from", plain_text(view.least)),
        ("to", plain_text(view.most)),
        ("unit", view.unit),
    ]
    return f"{words.title(view.key)}\n<i>{words.safe(view.what)}</i>\n{words.pairs(rows)}"


def undo(ask: Ask) -> Reply:
    key = ask.desk.changes.undoable
    if not key:
        return page("Nothing was set that could be undone.")
    now = next((each for each in ask.desk.changes.parameters if each.key == key), None)
    shown = f"\nNow {words.safe(plain_text(now.value))}" if now is not None else ""
    return Wish(
        what=f"take back the last change of {key}",
        deed=(UndoParameter(origin=PERSON),),
        preview=f"<b>Take back the last change of {words.safe(key)}?</b>{shown}",
    )


def locks(ask: Ask) -> Answer:
    found = ask.desk.changes.locks
    if not found:
        return page("No pair is locked. /lock SYMBOL [2h] locks one.", live=True)
    buttons = symbol_buttons([each.symbol for each in found], "/unlock", "🔓 ")
    return page(
        "\n".join(_lock(each) for each in found),
        live=True,
        buttons=buttons if ask.role >= Role.TRADER else (),
    )


def _lock(view: LockView) -> str:
    how_long = f"{words.length(view.remaining)} more" if view.until else "until unlocked"
    why = f"\n<i>{words.safe(view.why)}</i>" if view.why else ""
    return f"🔒 {words.title(view.symbol)} {how_long}{why}"


def lock(ask: Ask) -> Reply:
    """`/lock SYMBOL [2h] [why]`; without a time until it is unlocked."""
    if not ask.words:
        symbols = [view.symbol for view in ask.desk.symbols]
        return page("Which pair is to be locked?", buttons=symbol_buttons(symbols, "/lock"))
    symbol = known_symbol(ask.desk, ask.word(0))
    span = _span(ask.word(1))
    why = " ".join(ask.words[1 if span is None else 2 :])[:200] or f"by {ask.person}"
    until = _FOR_EVER if span is None else Nanos(ask.now + span)
    how_long = "until it is unlocked" if span is None else f"for {words.length(span)}"
    return Wish(
        what=f"lock {symbol} {how_long}",
        deed=(LockSymbol(origin=PERSON, symbol=symbol, until=until, why=why),),
        preview=f"<b>Lock {words.safe(symbol)} {how_long}?</b>\nNo entries of it; exits go on.",
    )


def _span(text: str) -> int | None:
    """2h, 30m, 1d; None for what is no length of time."""
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _SPANS or not number.isdecimal() or not 0 < int(number[:6]) <= 9_999:
        return None
    return int(number) * _SPANS[unit]


def unlock(ask: Ask) -> Reply:
    found = [each.symbol for each in ask.desk.changes.locks]
    if not found:
        return page("No pair is locked.")
    if not ask.words:
        return page("Which pair is to be unlocked?", buttons=symbol_buttons(found, "/unlock"))
    symbol = known_symbol(ask.desk, ask.word(0))
    if symbol not in found:
        raise CommandError(f"{symbol} is not locked; locked are {', '.join(found)}")
    return Wish(
        what=f"unlock {symbol}",
        deed=(UnlockSymbol(origin=PERSON, symbol=symbol),),
        preview=f"<b>Unlock {words.safe(symbol)}?</b>\nEntries of it are allowed again.",
    )


def blacklist(ask: Ask) -> Reply:
    """Pairs that are locked for good; with a pair: lock it."""
    if ask.words:
        return lock(ask)
    found = [each for each in ask.desk.changes.locks if not each.until]
    if not found:
        return page("No pair is locked for good. /blacklist SYMBOL locks one.")
    return page("\n".join(_lock(each) for each in found))


def strategies(ask: Ask) -> Answer:
    found = ask.desk.changes.strategies
    if not found:
        return page("No strategy is running.")
    shown, buttons = [], []
    for each in found:
        pairs = ", ".join(each.symbols) or "all pairs"
        state = "🟢 on" if each.on else "⚪ off"
        if each.failed:
            state = f"🔴 failed: {words.safe(each.failed)}"
        shown.append(f"{words.title(each.strategy)} {state}\n<i>{words.safe(pairs)}</i>")
        turn = "off" if each.on else "on"
        buttons.append(Button(f"{each.strategy} {turn}", f"/strategy {each.strategy} {turn}"))
    grid = tuple((each,) for each in buttons) if ask.role >= Role.OWNER else ()
    return page("\n".join(shown), live=True, buttons=grid)


def strategy(ask: Ask) -> Reply:
    """`/strategy NAME on|off`."""
    names = [each.strategy for each in ask.desk.changes.strategies]
    name, turn = ask.word(0), ask.word(1).lower()
    if not name:
        return strategies(ask)
    if name not in names:
        raise CommandError(f"{name[:40]} is no strategy of this run; there are {', '.join(names)}")
    if turn not in ("on", "off"):
        raise CommandError(f"write /strategy {name} on, or /strategy {name} off")
    after = (
        "It is asked again."
        if turn == "on"
        else "It is not asked any more, its entries are called back; positions stay protected."
    )
    return Wish(
        what=f"switch {name} {turn}",
        deed=(SwitchStrategy(origin=PERSON, strategy=name, on=turn == "on"),),
        preview=f"<b>Switch {words.safe(name)} {turn}?</b>\n{after}",
    )


def pairs(ask: Ask) -> Reply:
    """`/pairs`, `/pairs add SYMBOL`, `/pairs remove SYMBOL`: for the next start."""
    if not ask.words:
        symbols = ", ".join(view.symbol for view in ask.desk.symbols)
        return page(f"Traded: {words.code(symbols)}\n/pairs add SYMBOL, /pairs remove SYMBOL")
    port = needed(ask.sources.pairs, "changing the pairs")
    if ask.role < Role.OWNER:
        raise CommandError("only an owner changes the pairs")
    action, symbol = _pair_action(ask)

    def deed() -> str:
        return port.add(symbol) if action == "add" else port.remove(symbol)

    return Wish(
        what=f"{action} {symbol}",
        deed=deed,
        preview=f"<b>{action.capitalize()} {words.safe(symbol)}?</b>\n"
        f"{words.safe(port.preview(action, symbol))}",
    )


def _pair_action(ask: Ask) -> tuple[Literal["add", "remove"], str]:
    symbol = ask.word(1).upper()
    action = ask.word(0).lower()
    if not symbol or action not in ("add", "remove"):
        raise CommandError("write /pairs add BTCUSDC, or /pairs remove BTCUSDC")
    return ("add" if action == "add" else "remove"), symbol


ROWS: Final = (
    Row(
        name="set",
        group=Group.LIMITS,
        role=Role.OWNER,
        usage="[KEY [VALUE|default]]",
        does="change a parameter",
        answer=set_parameter,
    ),
    Row(
        name="undo",
        group=Group.LIMITS,
        role=Role.OWNER,
        does="take the last change back",
        answer=undo,
    ),
    Row(name="locks", group=Group.LIMITS, does="pairs without entries", answer=locks),
    Row(
        name="lock",
        group=Group.LIMITS,
        role=Role.TRADER,
        usage="SYMBOL [2h] [WHY]",
        does="no entries of a pair",
        answer=lock,
    ),
    Row(
        name="unlock",
        aliases=("delete_locks",),
        group=Group.LIMITS,
        role=Role.TRADER,
        usage="[SYMBOL]",
        does="allow entries again",
        answer=unlock,
    ),
    Row(
        name="blacklist",
        group=Group.LIMITS,
        role=Role.TRADER,
        usage="[SYMBOL]",
        does="pairs locked for good",
        answer=blacklist,
    ),
    Row(
        name="strategies",
        group=Group.LIMITS,
        does="who is asked, and who is off",
        answer=strategies,
    ),
    Row(
        name="strategy",
        group=Group.LIMITS,
        role=Role.OWNER,
        usage="NAME on|off",
        does="switch a strategy",
        answer=strategy,
    ),
    Row(
        name="pairs",
        group=Group.LIMITS,
        usage="[add|remove SYMBOL]",
        does="pairs of the next start",
        answer=pairs,
    ),
)

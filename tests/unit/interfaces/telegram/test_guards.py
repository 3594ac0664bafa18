"""Who may, how often, and what was said yes to: by hand, on a clock that is turned."""

from typing import Any

import pytest

from tests.fakes import ManualClock
from trading_agent.domain.commands import Kill, Origin
from trading_agent.domain.units import MINUTE, SECOND
from trading_agent.interfaces.telegram.confirmations import Confirmations, Question, Verdict
from trading_agent.interfaces.telegram.flood import Flood
from trading_agent.interfaces.telegram.incoming import Incoming, Kind, Unreadable, read_update
from trading_agent.interfaces.telegram.pairing import Pairing
from trading_agent.interfaces.telegram.people import People, Role, Strangers
from trading_agent.interfaces.telegram.reception import command_of, page_of
from trading_agent.interfaces.telegram.settings import TelegramSettings

DEED = (Kill(origin=Origin.PERSON),)


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def state(self, key: str) -> str | None:
        return self.kept.get(key)

    def put_state(self, key: str, value: str | None) -> None:
        self.kept[key] = value or ""

    def seen_update(self, update: int) -> bool:
        return False


def said(user: int, chat: int | None = None, **more: Any) -> Incoming:
    chat = user if chat is None else chat
    fields: dict[str, Any] = {"private": chat > 0, "text": "/status", **more}
    return Incoming(update=1, kind=Kind.MESSAGE, user=user, chat=chat, **fields)


def people(**settings: Any) -> People:
    made = People(TelegramSettings(**settings), Memory())
    made.read()
    return made


def test_nobody_on_the_list_means_nobody_may() -> None:
    nobody = people()
    assert nobody.role_of(said(7)) is None
    assert not nobody.has_owner


def test_person_and_chat_must_both_be_on_the_list() -> None:
    some = people(owners=(7,), viewers=(9,), groups=(-5,))
    assert some.role_of(said(7)) is Role.OWNER
    assert some.role_of(said(9)) is Role.VIEWER
    assert some.role_of(said(9, -5)) is Role.VIEWER
    assert some.role_of(said(7, -6)) is None
    assert some.role_of(said(7, 8)) is None
    assert some.role_of(said(7, 7, private=False)) is None
    assert some.role_of(said(8, -5)) is None


def test_who_paired_is_an_owner_after_a_restart() -> None:
    memory = Memory()
    first = People(TelegramSettings(), memory)
    first.read()
    first.pair(7)
    second = People(TelegramSettings(), memory)
    second.read()
    assert second.role_of(said(7)) is Role.OWNER
    assert second.owners() == (7,)


def test_a_code_is_used_once() -> None:
    pairing = Pairing(ManualClock())
    code = pairing.new_code()
    assert not pairing.accepts("WRONG")
    assert pairing.accepts(f" {code.lower()} ")
    assert not pairing.accepts(code)


def test_five_guesses_or_an_hour_end_a_code() -> None:
    clock = ManualClock()
    pairing = Pairing(clock)
    code = pairing.new_code()
    assert not any(pairing.accepts(guess) for guess in ("a", "b", "", "ü", "e"))
    assert not pairing.accepts(code)
    code = pairing.new_code()
    clock.advance(61 * MINUTE)
    assert not pairing.accepts(code)
    assert not pairing.accepts("")


def test_a_spent_code_is_replaced_but_not_at_once() -> None:
    clock = ManualClock()
    pairing = Pairing(clock)
    assert not pairing.spent
    pairing.new_code()
    for guess in "abcde":
        pairing.accepts(guess)
    assert not pairing.spent
    clock.advance(10 * MINUTE)
    assert pairing.spent
    pairing.new_code()
    assert not pairing.spent


def test_a_question_is_answered_once_by_whom_it_was_put_to() -> None:
    asked = Confirmations(ManualClock(), 60)
    question = asked.ask(said(7), Role.TRADER, "kill", DEED)
    assert asked.take(question.nonce, said(8)) is Verdict.NOT_YOURS
    assert asked.take(question.nonce, said(7, -5)) is Verdict.NOT_YOURS
    assert asked.take("other", said(7)) is Verdict.UNKNOWN
    assert isinstance(asked.take(question.nonce, said(7)), Question)
    assert asked.take(question.nonce, said(7)) is Verdict.UNKNOWN


def test_a_question_is_open_for_a_minute() -> None:
    clock = ManualClock()
    asked = Confirmations(clock, 60)
    first, second = (asked.ask(said(7), Role.TRADER, "kill", DEED) for _ in range(2))
    clock.advance(60 * SECOND)
    assert isinstance(asked.take(first.nonce, said(7)), Question)
    clock.advance(1)
    assert asked.take(second.nonce, said(7)) is Verdict.EXPIRED
    assert asked.take(second.nonce, said(7)) is Verdict.UNKNOWN


def test_questions_nobody_answers_do_not_pile_up() -> None:
    asked = Confirmations(ManualClock(), 60)
    first = asked.ask(said(7), Role.TRADER, "kill", DEED)
    nonces = {asked.ask(said(7), Role.TRADER, "kill", DEED).nonce for _ in range(1_000)}
    assert len(nonces) == 1_000
    assert asked.take(first.nonce, said(7)) is Verdict.UNKNOWN
    assert all(len(f"y:{nonce}") <= 64 for nonce in nonces)


def test_a_flood_is_told_once_and_ends() -> None:
    clock = ManualClock()
    flood = Flood(clock, per_minute=60, burst=3)
    assert [flood.admits(7) for _ in range(5)] == [True, True, True, False, False]
    assert flood.admits(8)
    assert [flood.is_news(7) for _ in range(3)] == [True, False, False]
    clock.advance(2 * SECOND)
    assert [flood.admits(7) for _ in range(3)] == [True, True, False]
    assert flood.is_news(7)


def test_each_stranger_is_reported_once_and_not_too_many() -> None:
    reports: list[int] = []
    strangers = Strangers(lambda user, _: reports.append(user))
    for _ in range(3):
        for user in range(5_000):
            strangers.note(said(user))
    assert strangers.turned_away == 15_000
    assert reports == list(range(20))


@pytest.mark.parametrize("raw", [None, 7, "text", [], {}, {"update_id": "7"}, {"message": 1}])
def test_what_cannot_be_read_is_said_so(raw: object) -> None:
    assert isinstance(read_update(raw), Unreadable)


def test_an_unreadable_update_keeps_its_number() -> None:
    assert read_update({"update_id": 7, "message": {"chat": 1}}) == Unreadable(7)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("/status table", ("status", ("table",))),
        ("/STATUS@desk_bot  btc ", ("status", ("btc",))),
        ("hello", ("", ("hello",))),
        ("", ("", ("",))),
        ("/", ("", ())),
        ("/a\0b c", ("a", ("b", "c"))),
    ],
)
def test_a_command_is_a_name_and_its_arguments(text: str, read: tuple[str, tuple[str]]) -> None:
    assert command_of(text) == read


def test_a_page_is_part_of_a_buttons_data() -> None:
    assert page_of("@2 /trades 50") == (2, "/trades 50")
    assert page_of("/trades 50") == (0, "/trades 50")
    assert page_of("@x /trades") == (0, "/trades")
    assert page_of("@") == (0, "")


def test_nobody_has_two_roles() -> None:
    with pytest.raises(ValueError, match="7 stands twice"):
        TelegramSettings(owners=(7,), viewers=(7,))

"""Statuses and codes on our error tree."""

import pytest

from trading_agent.adapters.mexc.wire import error_from_answer, succeeded
from trading_agent.domain.errors import (
    Denied,
    OutcomeUnknown,
    Throttled,
    Unavailable,
    VenueError,
)

DENIED = [
    *(400, 401, 402, 403, 406, 602, 10072, 700001, 700002, 700004, 700005, 700006, 700007),
    *(700008, 700013, -1121, -1128, 10007, 10096, 10097, 10102, 10101, 30004, 30005, 10098),
    *(60005, 22222, 26, 11444, 30000, 30016, 30001, 30002, 30003, 30010, 30014, 30021, 30018),
    *(30019, 30051, 30020, 30025, 30026, 30027, 30032, 30028, 30029, 30041, 30087, 33333),
    *(44444, 70011, 730001, 730002, 730600, 730699, 730701, 730708, 730799),
]
WAIT = [429, 510]
SAFE_TO_REPEAT = [10073, 700003, -2013]
UNKNOWN = [500, 503, 504, 20002, 730000, 730003, 730100, -2011]
EVERY_CODE = (
    [(code, Denied) for code in DENIED]
    + [(code, Throttled) for code in WAIT]
    + [(code, Unavailable) for code in SAFE_TO_REPEAT]
    + [(code, OutcomeUnknown) for code in UNKNOWN]
)


@pytest.mark.parametrize(("code", "error"), EVERY_CODE)
def test_a_documented_code_has_its_place_however_it_is_written(
    code: int, error: type[VenueError]
) -> None:
    for written in (code, str(code)):
        for status in (200, 400):
            raised = error_from_answer(status, written, "why")
            assert type(raised) is error
            assert raised.code == code
            assert "why" in str(raised)
            assert str(code) in str(raised)


@pytest.mark.parametrize("code", [500, 503, 20002, 730000])
def test_asking_again_has_no_unknown_outcome(code: int) -> None:
    assert type(error_from_answer(500, code, "", idempotent=True)) is Unavailable
    assert type(error_from_answer(200, code, "", idempotent=True)) is Unavailable


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_server_fault_may_have_carried_out_an_order(status: int) -> None:
    for code in (None, 30004, 0):
        assert type(error_from_answer(status, code, "<html>")) is OutcomeUnknown
        assert type(error_from_answer(status, code, "", idempotent=True)) is Unavailable


@pytest.mark.parametrize("status", [429, 418])
def test_too_many_requests_says_how_long_to_wait(status: int) -> None:
    raised = error_from_answer(status, None, "", 12.5)
    assert isinstance(raised, Throttled)
    assert raised.retry_after == 12.5
    unnamed = error_from_answer(status, 700003, "", idempotent=True)
    assert isinstance(unnamed, Throttled)
    assert unnamed.retry_after is None


def test_the_firewall_is_a_denial_whatever_its_page_says() -> None:
    raised = error_from_answer(403, None, "<html>Access Denied</html>", idempotent=True)
    assert type(raised) is Denied
    assert type(error_from_answer(403, 700003, "")) is Denied


@pytest.mark.parametrize("status", [400, 404, 451])
def test_an_unknown_code_of_a_client_fault_is_a_denial(status: int) -> None:
    for code in (None, 99_999, "nonsense", "9" * 400, "--5", "٣"):
        assert type(error_from_answer(status, code, "")) is Denied


def test_an_unknown_code_of_a_success_leaves_an_order_unknown() -> None:
    assert type(error_from_answer(200, 99_999, "")) is OutcomeUnknown
    assert type(error_from_answer(200, 99_999, "", idempotent=True)) is Unavailable


def test_a_long_message_is_shortened() -> None:
    assert len(str(error_from_answer(400, 30004, "余额不足" * 10_000))) < 400


@pytest.mark.parametrize("code", [None, 0, 200, "0", "200"])
def test_an_envelope_may_carry_the_code_of_a_success(code: int | str | None) -> None:
    assert succeeded(200, code)
    assert not succeeded(400, code)
    assert not succeeded(302, code)


@pytest.mark.parametrize("code", [30004, "730708", -1121, "nonsense", ""])
def test_any_other_code_is_a_failure_even_with_status_200(code: int | str) -> None:
    assert not succeeded(200, code)

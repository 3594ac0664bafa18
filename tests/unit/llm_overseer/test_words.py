"""People are told in words, whatever the code."""

import re
from pathlib import Path

import llm_overseer
from llm_overseer.core.answers import Failure
from llm_overseer.errors import BudgetSpent
from llm_overseer.words import in_words

ROOT = Path(llm_overseer.__path__[0])
RAISED = re.compile(r'(?:UnreadableReply|Denied|BudgetSpent|ModelUnavailable)\("([a-z_]+)"')
RETURNED = re.compile(r'(?:return|why=) ?"([a-z]+(?:_[a-z]+)*)"')
PREFIX = {"BudgetSpent": "budget."}


def codes() -> set[str]:
    """Every code in the source, as a verdict would carry it."""
    found = {it.value for it in Failure}
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        raised = set(RAISED.findall(text))
        if path.name == "budget.py":
            found |= {f"budget.{it}" for it in raised}
            continue
        found |= raised
        if path.name in ("actions.py", "policy.py", "main.py", "review.py"):
            found |= set(RETURNED.findall(text))
    return found


def test_every_code_has_words() -> None:
    told = {code: in_words(code) for code in codes()}
    assert len(told) > 60
    assert [code for code, words in told.items() if words == code] == []
    assert [words for words in told.values() if "_" in words] == []


def test_what_has_parts_is_told_too() -> None:
    assert in_words("schema.regime.enum") == (
        "the answer could not be read: regime.enum is not as agreed"
    )
    assert in_words("fault.KeyError") == "a fault of the overseer's own (KeyError)"
    assert in_words("status.502") == "the provider answered with status 502"


def test_a_spent_cap_says_which_one() -> None:
    assert str(BudgetSpent("halted")).startswith("a call cost more than was reserved")
    assert str(BudgetSpent("hour")) == "this hour's money is spent"

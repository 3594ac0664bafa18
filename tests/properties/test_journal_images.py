"""Folding everything, and folding the rest onto an image of the beginning, come to the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START
from tests.long_history import long_history
from tests.properties.test_core_interleavings import KINDS, Desk
from tests.random_market import RandomMarket, Trouble
from tests.trade_facts import history
from trading_agent.domain.documents import to_text
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import MarketRows
from trading_agent.engine.account import Account
from trading_agent.engine.account_image import image_from_text, image_of, restored


def fold(facts: list[Fact], onto: Account | None = None) -> Account:
    account = Account() if onto is None else onto
    for fact in facts:
        account.apply(fact)
    return account


def assert_any_split_is_the_same(facts: list[Fact], splits: list[int]) -> None:
    whole = to_text(image_of(fold(facts)))
    for split in splits:
        image = image_from_text(to_text(image_of(fold(facts[:split]))))
        assert to_text(image_of(fold(facts[split:], restored(image)))) == whole


def test_an_image_of_any_beginning_of_a_history_gives_the_same_end() -> None:
    facts = list(history())
    assert_any_split_is_the_same(facts, list(range(len(facts) + 1)))


def test_an_image_of_any_beginning_of_a_long_history_gives_the_same_end() -> None:
    facts = [fact for fact, _ in zip(long_history(), range(400), strict=False)]
    assert_any_split_is_the_same(facts, list(range(0, 401, 3)))


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS), data=st.data())
@settings(max_examples=15)
def test_an_image_of_any_moment_of_a_desk_gives_the_same_end(
    seed: int, kind: str, data: st.DataObject
) -> None:
    desk = Desk(kind, [], START)
    for message in RandomMarket(seed, Trouble(lost=0.002)).messages(300):
        desk.step(int(message["at"][0]), MarketRows(message))
    splits = data.draw(st.lists(st.integers(0, len(desk.facts)), min_size=1, max_size=8))
    assert_any_split_is_the_same(list(desk.facts), splits)
    folded = fold(list(desk.facts))
    assert desk.core.image() == to_text(image_of(folded))


@given(seed=st.integers(0, 2**32), stop=st.integers(1, 299))
@settings(max_examples=10)
def test_a_desk_opened_from_an_image_says_what_one_opened_from_every_fact_says(
    seed: int, stop: int
) -> None:
    before = Desk(KINDS[0], [], START)
    for number, message in enumerate(RandomMarket(seed, Trouble()).messages(300)):
        if number == stop:
            break
        before.step(int(message["at"][0]), MarketRows(message))
    from_all = Desk(KINDS[0], before.facts, before.at)
    account = fold(list(before.facts))
    image = image_from_text(to_text(image_of(account)))
    assert to_text(image_of(restored(image))) == to_text(image_of(account))
    said = list(from_all.facts)[len(before.facts) :]
    onto_image = fold(said, restored(image))
    assert to_text(image_of(onto_image)) == from_all.core.image()


def test_an_image_holds_everything_an_account_is_made_of() -> None:
    """Whoever gives the account something new to remember gives it to its image, too."""
    account = Account()
    parts = {
        "account": vars(account),
        "ledger": vars(account.ledger),
        "positions": vars(account.positions),
        "orders": vars(account.orders),
        "quality": vars(account.quality),
    }
    assert {name: sorted(part) for name, part in parts.items()} == KNOWN


KNOWN = {
    "account": sorted(
        [
            *("ledger", "positions", "orders", "instruments", "exits", "deposited", "tally"),
            *("quality", "signals", "refusals", "paused", "killed", "leaving", "_ended_in_order"),
            *("runs", "last_order", "last_fill", "risk", "changes", "folds"),
        ]
    ),
    "ledger": ["_balances"],
    "positions": ["_open", "realised_profit"],
    "orders": ["_open"],
    "quality": ["marks", "shortfalls", "triples"],
}


def test_desks_that_begin_from_one_image_owe_each_other_nothing() -> None:
    """Whatever one of them goes through, the others and the image stay as they were."""
    facts = list(history())
    for split in range(len(facts) + 1):
        image = image_from_text(to_text(image_of(fold(facts[:split]))))
        before = to_text(image)
        untouched = restored(image)
        whole = to_text(image_of(fold(facts[split:], restored(image))))
        assert to_text(image) == before
        assert to_text(image_of(untouched)) == before
        assert to_text(image_of(fold(facts[split:], restored(image)))) == whole

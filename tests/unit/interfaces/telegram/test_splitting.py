"""Long messages in parts: short enough, valid, and nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telegram_api.markup import shown
from tests.telegram_api.markup import units as telegrams_units
from trading_agent.interfaces.telegram.splitting import LONGEST, split_html, units, without_markup
from trading_agent.interfaces.telegram.words import safe

pieces = st.lists(
    st.tuples(
        st.sampled_from(["", "b", "i", "pre", "code", "blockquote"]),
        st.text(alphabet=st.sampled_from("ab <&>🤖é\n"), max_size=120),
    ),
    max_size=40,
)


def compact(text: str) -> str:
    return "".join(text.split())


@given(pieces, st.integers(200, 400))
def test_parts_are_short_valid_and_lose_no_sign(parts: list[tuple[str, str]], most: int) -> None:
    html = "".join(
        f"<{tag}>{safe(text, 500)}</{tag}>" if tag else safe(text, 500) for tag, text in parts
    )
    found = split_html(html, most)
    assert all(units(part) <= most for part in found)
    assert compact("".join(shown(part) for part in found)) == compact(shown(html))


def test_units_are_those_of_utf_16() -> None:
    for text in ("abc", "🤖é", "\uffff\U00010000"):
        assert units(text) == telegrams_units(text)


@pytest.mark.parametrize("html", ["", "short", "x" * LONGEST, "<b>" + "y" * 4_089 + "</b>"])
def test_what_fits_is_left_alone(html: str) -> None:
    assert split_html(html) == (html,)


def test_a_cut_falls_between_lines_and_tags_are_opened_again() -> None:
    html = "<pre>" + "\n".join(f"line {at:04d}" for at in range(1_000)) + "</pre>"
    parts = split_html(html)
    assert len(parts) == 3
    for part in parts:
        assert part.startswith("<pre>line ")
        assert part.endswith("</pre>")
        assert len(shown(part).splitlines()[-1]) == len("line 0000")


def test_plain_text_is_what_was_marked_up() -> None:
    assert without_markup("<b>a</b> &lt;b&gt; &amp; c") == "a <b> & c"

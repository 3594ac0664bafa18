"""docs/telegram.md says what is."""

from tests.telegram_day import DOCUMENT, LARGEST, PICTURES, command_table, put


def test_its_table_of_commands_is_the_desks() -> None:
    text = DOCUMENT.read_text()
    assert put(text, "commands", command_table()) == text, (
        "python -m tests.telegram_day commands writes it anew"
    )


def test_it_is_short_and_shows_every_picture() -> None:
    text = DOCUMENT.read_text()
    pictures = sorted(PICTURES.glob("*.png"))
    assert text.count("\n") <= 500
    assert 0 < len(pictures) <= 6
    assert all(f"](telegram/{each.name})" in text for each in pictures)
    assert all(each.stat().st_size < LARGEST for each in pictures)

"""Settings of the Telegram door. The token is a secret and lives in `.env-secure/.env`."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from trading_agent.domain.settings_slice import SettingsSlice

UserId = Annotated[int, Field(ge=1, le=2**53)]
GroupId = Annotated[int, Field(ge=-(2**53), le=-1)]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^/[a-z]")]

_ROWS: Final[tuple[tuple[str, ...], ...]] = (
    ("/daily", "/profit", "/balance"),
    ("/status table", "/performance", "/why"),
    ("/positions", "/signals", "/pause"),
    ("/risk", "/health", "/help"),
)


class TelegramSettings(SettingsSlice):
    """Who may talk to the desk through Telegram, and how it answers. Without a token nothing
    of this is used; with one and nobody on the lists, the console prints a code that pairs the
    owner."""

    enabled: bool = True
    """Whether the door opens when there is a token."""
    base_url: Annotated[str, Field(pattern=r"^https?://\S+/bot$")] = "https://api.telegram.org/bot"
    """Address of the Bot API without the token, ending in /bot; a server of one's own is named
    here."""
    owners: tuple[UserId, ...] = ()
    """Telegram user ids, each a number, that may do everything."""
    traders: tuple[UserId, ...] = ()
    """User ids, numbers, that may see and trade, but not change settings nor re-arm."""
    viewers: tuple[UserId, ...] = ()
    """User ids, numbers, that may look."""
    groups: tuple[GroupId, ...] = ()
    """Ids, negative numbers, of group chats in which the people above may speak; elsewhere only
    their private chats count."""
    keyboard: tuple[tuple[Label, ...], ...] = _ROWS
    """Rows of buttons under the message field, each a command with its arguments; empty for
    none."""
    confirm_seconds: Annotated[int, Field(ge=10, le=300)] = 60
    """How long a question that must be confirmed stays open; seconds. No answer means no."""
    stale_seconds: Annotated[int, Field(ge=10, le=3_600)] = 60
    """Commands older than this when they arrive are not carried out, /kill excepted; seconds."""
    commands_per_minute: Annotated[int, Field(ge=6, le=600)] = 60
    """Commands of one person, sustained; count per minute. /kill is always heard."""
    command_burst: Annotated[int, Field(ge=3, le=100)] = 15
    """Commands of one person at once, after a quiet time; count."""
    poll_seconds: Annotated[int, Field(ge=1, le=50)] = 25
    """How long the server may hold a question for news open; seconds."""

    @model_validator(mode="after")
    def _nobody_twice(self) -> Self:
        people = (*self.owners, *self.traders, *self.viewers)
        twice = [each for index, each in enumerate(people) if each in people[:index]]
        if twice:
            raise ValueError(f"{twice[0]} stands twice on the lists of people; one role is enough")
        return self

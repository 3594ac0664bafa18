"""Who may do what: a role by user id, and only where that person is spoken to alone."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, Protocol

from trading_agent.interfaces.telegram.incoming import Incoming
from trading_agent.interfaces.telegram.settings import TelegramSettings

PAIRED_OWNER: Final = "telegram:owner"
"""Under which the id of the owner who paired is kept."""


class Role(IntEnum):
    """Each may do what the one before may."""

    VIEWER = 1
    TRADER = 2
    OWNER = 3

    @property
    def said(self) -> str:
        """With its article."""
        return f"an {self.name.lower()}" if self is Role.OWNER else f"a {self.name.lower()}"


class DoorMemory(Protocol):
    """What survives a restart: `notifications.store.NoticeStore`."""

    def state(self, key: str) -> str | None: ...

    def put_state(self, key: str, value: str | None) -> None: ...

    def seen_update(self, update: int) -> bool: ...


class People:
    """The lists of the settings, and the owner who paired. Nobody listed: nobody may."""

    def __init__(self, settings: TelegramSettings, memory: DoorMemory) -> None:
        self._settings = settings
        self._memory = memory
        self._roles: dict[int, Role] = {}

    def read(self) -> None:
        """The lists and what is remembered; before anything else."""
        settings = self._settings
        self._roles = {
            **dict.fromkeys(settings.viewers, Role.VIEWER),
            **dict.fromkeys(settings.traders, Role.TRADER),
            **dict.fromkeys(settings.owners, Role.OWNER),
        }
        paired = self._memory.state(PAIRED_OWNER)
        if paired is not None and paired.isdecimal():
            self._roles[int(paired)] = Role.OWNER

    @property
    def has_owner(self) -> bool:
        return Role.OWNER in self._roles.values()

    def pair(self, user: int) -> None:
        """From now on an owner, after restarts too."""
        self._memory.put_state(PAIRED_OWNER, str(user))
        self._roles[user] = Role.OWNER

    def role_of(self, incoming: Incoming) -> Role | None:
        """None: a stranger, or a person in a chat where he may not speak. The chat of a private
        talk bears the person's own id, and both are looked at."""
        role = self._roles.get(incoming.user)
        if role is None:
            return None
        alone = incoming.private and incoming.chat == incoming.user
        return role if alone or incoming.chat in self._settings.groups else None

    def chats(self) -> dict[int, Role]:
        """Private chats that alerts go to, with what each may do."""
        return dict(self._roles)

    def owners(self) -> tuple[int, ...]:
        return tuple(user for user, role in self._roles.items() if role is Role.OWNER)


class Strangers:
    """Counts those who may not, and reports each once; never answers them."""

    _MOST_REMEMBERED: Final = 1_000
    _MOST_REPORTED: Final = 20

    def __init__(self, report: Callable[[int, str], None]) -> None:
        self._report = report
        self._seen: dict[int, int] = {}
        self.turned_away = 0

    def note(self, incoming: Incoming) -> None:
        """One more update from someone who may not."""
        self.turned_away += 1
        times = self._seen.get(incoming.user, 0)
        if not times and len(self._seen) >= self._MOST_REMEMBERED:
            return
        self._seen[incoming.user] = times + 1
        if times or len(self._seen) > self._MOST_REPORTED:
            return
        who = f"{incoming.name} ({incoming.user})" if incoming.name else f"user {incoming.user}"
        where = "in a private chat" if incoming.private else f"in the chat {incoming.chat}"
        self._report(
            incoming.user, f"a stranger, {who}, spoke to the bot {where}; nothing was answered"
        )

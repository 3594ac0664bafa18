"""What a message may offer."""

from msgspec import Struct


class Offer(Struct, frozen=True):
    """What a person may do with one touch: the words of a button, and the command that it sends."""

    words: str
    command: str

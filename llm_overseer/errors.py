"""One error tree.

OverseerError
├── ModelUnavailable    no usable answer; `failure` says why, nothing was decided
├── UnreadableReply     an answer came and is not a decision; `defect` says why
├── BudgetSpent         a cap does not allow the call; nothing was sent
├── UnusableBrief       what was given holds free text, no finite number, or no known name
├── PromptTooLarge      even without everything that may be left out
├── CassetteMissing     strict replay, and nobody has recorded this request
├── CatalogueRefused    the list of models is not readable, or has none of ours
├── InsecureAddress     the key would travel in the clear
└── RecordsDamaged      the chain of decisions, or the file below it, is broken
"""

from llm_overseer.words import cap_in_words, in_words


class OverseerError(Exception):
    """Everything this library raises on purpose."""


class ModelUnavailable(OverseerError):
    """`failure` is a stable code."""

    def __init__(self, failure: str, words: str = "") -> None:
        super().__init__(words or in_words(failure))
        self.failure = failure


class UnreadableReply(OverseerError):
    """`defect` is a stable code; the words never hold the model's own text."""

    def __init__(self, defect: str, words: str = "") -> None:
        super().__init__(words or in_words(defect))
        self.defect = defect


class BudgetSpent(OverseerError):
    """`cap` names the limit: call, hour, day, slice, tokens, halted."""

    def __init__(self, cap: str) -> None:
        super().__init__(cap_in_words(cap))
        self.cap = cap


class UnusableBrief(OverseerError):
    """The caller's fault."""


class PromptTooLarge(OverseerError):
    """Over the cap of the tier with only the parts that are never left out."""


class CassetteMissing(OverseerError):
    """Strict replay."""


class CatalogueRefused(OverseerError):
    """Nothing can be asked."""


class InsecureAddress(OverseerError):
    """The configuration's fault."""


class RecordsDamaged(OverseerError):
    """Nothing is repaired in silence."""

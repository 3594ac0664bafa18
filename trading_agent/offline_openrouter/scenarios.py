"""What goes wrong with the next answers, by name."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice


class Scenario(StrEnum):
    OK = "ok"
    OK_CACHED = "ok_cached"
    """From the provider's own cache: free, no usage."""
    ERROR_200 = "err200"
    CHOICE_ERROR = "choice_err"
    HTML_200 = "html200"
    EMPTY_CHOICES = "empty_choices"
    """Billed."""
    NULL_CONTENT_REASONING = "null_content_reasoning"
    """The JSON stands in the reasoning."""
    LENGTH = "length"
    """All tokens went into reasoning; billed."""
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    FENCED = "fenced"
    TWO_OBJECTS = "two_objects"
    NOT_A_NUMBER = "nan"
    DUPLICATE_KEY = "dup_key"
    EXTRA_KEY = "extra_key"
    WRONG_ENUM = "wrong_enum"
    WRONG_SNAPSHOT = "wrong_snapshot"
    DEEP_NEST = "deep_nest"
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    NO_CREDITS = "402_credits"
    IN_FLIGHT = "402_inflight"
    MODERATION = "403_moderation"
    BUDGET = "403_budget"
    MODEL_GONE = "404_model"
    REQUEST_TIMEOUT = "408"
    TOO_LARGE = "413"
    UNPROCESSABLE = "422"
    THROTTLED = "429"
    THROTTLED_LONG = "429_long"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    EDGE_TIMEOUT = "524"
    OVERLOADED = "529"
    HANG = "hang"
    DRIP = "drip"
    RESET = "reset"
    CUT_BODY = "cut_body"
    BAD_GZIP = "bad_gzip"
    HUGE_BODY = "huge_body"
    MODEL_FALLBACK = "model_fallback"
    """The second of the models asked for answers."""
    COST_MISSING = "cost_missing"
    COST_ZERO = "cost_zero"
    COST_HUGE = "cost_huge"


@dataclass(slots=True)
class _Scripted:
    scenario: Scenario
    model: str
    left: int | None


class Script:
    """Owned by the server's loop once it runs; order before, or over HTTP."""

    def __init__(self) -> None:
        self._scripted: deque[_Scripted] = deque()

    def put(self, scenario: Scenario, *, model: str = "", times: int | None = None) -> None:
        """For questions to `model` ("" for all), so many times (None: until cleared)."""
        self._scripted.append(_Scripted(scenario, model, times))

    def clear(self) -> None:
        self._scripted.clear()

    @property
    def pending(self) -> int:
        return len(self._scripted)

    def next(self, model: str) -> Scenario:
        """The first that fits, used up by one."""
        for scripted in self._scripted:
            if scripted.model in ("", model):
                if scripted.left is not None:
                    scripted.left -= 1
                    if scripted.left == 0:
                        self._scripted.remove(scripted)
                return scripted.scenario
        return Scenario.OK


class ScenarioOrder(SettingsSlice):
    """One order by HTTP."""

    scenario: Scenario
    """What happens."""
    model: str = ""
    """Only to questions for this one; empty for all."""
    times: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How often; count. None: until cleared."""

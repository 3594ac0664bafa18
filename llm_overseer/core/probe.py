"""Each model is asked one small question before it is needed, as its tier would ask.

The provider's list may be the sum of several endpoints, and some models spend all their tokens on
thinking whatever they are told. One that cannot answer is asked more plainly, and if that does
not help it is not used.
"""

from collections.abc import Iterator
from typing import Final

from llm_overseer.brief import Slice
from llm_overseer.core.answers import Failure
from llm_overseer.core.catalogue import Catalogue, Listed, Offer
from llm_overseer.core.consult import Consultant, Consulted
from llm_overseer.core.parsing import parse_strictly
from llm_overseer.core.request import ChatCall
from llm_overseer.decision import Strict, wire_schema
from llm_overseer.errors import BudgetSpent
from llm_overseer.settings import OverseerSettings, TierSettings

_VERSION: Final = "probe/1"
_SYSTEM: Final = "A program checks whether you can answer it. Answer with the JSON object alone."
_USER: Final = '{"question":"Is one less than two?"}'
_ITS_OWN: Final = frozenset(
    (
        *(Failure.BAD_REQUEST, Failure.MODEL_GONE, Failure.CUT_SHORT, Failure.NO_CONTENT),
        *(Failure.REFUSED, Failure.FILTERED, Failure.UNREADABLE),
    )
)
"""Will not be otherwise in a minute."""
_EVERYBODYS: Final = frozenset((Failure.KEY_REFUSED, Failure.NO_CREDIT, Failure.REMOTE_BUDGET))
"""Of no model: nobody needs to be tried any more."""


class _Reply(Strict):
    yes: bool


class Probe:
    """One event loop."""

    def __init__(
        self, settings: OverseerSettings, consultant: Consultant, catalogue: Catalogue
    ) -> None:
        self._settings = settings
        self._consultant = consultant
        self._catalogue = catalogue
        self._schema = wire_schema(_Reply)

    async def all(self, now: int) -> str:
        """The catalogue holds from now on for what can be used, and why others cannot. What may
        pass, as a provider that does not answer or a spent budget, withdraws nobody. Returns why
        nobody can be asked at all, or nothing."""
        for tier in self._settings.tiers():
            for model in self._catalogue.usable((*tier.models, *tier.second)):
                try:
                    failure, why = await self._one(model, tier, now)
                except BudgetSpent:
                    return ""
                if failure in _EVERYBODYS:
                    return why
                if failure in _ITS_OWN:
                    self._catalogue.withdraw(model, why)
        return ""

    async def _one(self, model: str, tier: TierSettings, now: int) -> tuple[Failure | None, str]:
        """Of the last way in which it was asked."""
        failed: tuple[Failure | None, str] = (None, "")
        for listed in _more_and_more_plainly(self._catalogue.of(model)):
            self._consultant.client.breakers.forget(model)
            consulted = await self._asked(model, listed, tier, now)
            if consulted.value is not None:
                self._catalogue.correct(model, listed)
                return None, ""
            failed = consulted.exchange.failure, consulted.why
            if failed[0] not in _ITS_OWN:
                break
        return failed

    async def _asked(
        self, model: str, listed: Listed, tier: TierSettings, now: int
    ) -> Consulted[_Reply]:
        offer = Offer((model,), listed.price, listed.parameters, listed.efforts)
        call = ChatCall(
            offers=(offer,),
            system=_SYSTEM,
            user=_USER,
            schema_name="probe",
            schema=self._schema,
            max_completion_tokens=tier.max_completion_tokens,
            effort=tier.effort,
            seed=self._settings.seed,
            prompt_version=_VERSION,
        )
        return await self._consultant.consult(
            call,
            Slice.ROUTINE,
            now,
            tier.deadline_seconds,
            lambda text: parse_strictly(text, _Reply),
        )


def _more_and_more_plainly(listed: Listed) -> Iterator[Listed]:
    ways = (listed, listed.plain(), listed.plain().thinking())
    yield from dict.fromkeys(ways)

"""What stands in the books for strategies that quote."""

from msgspec import Struct

from trading_agent.domain.decision import Proposal


class StandingQuote(Struct):
    """`wished`: as it was proposed; evidence and caps may have sent less. `called_back`: its
    cancel is under way."""

    wished: Proposal
    called_back: bool = False

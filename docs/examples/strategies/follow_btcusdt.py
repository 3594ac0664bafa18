"""Lead and lag with the leader that recordings of other exchanges hold.

    flash-trading signals evaluate BTCUSDT_FOLDER ETHUSDT_FOLDER --overlay \\
        docs/examples/follow_btcusdt.json
"""

from typing import ClassVar

from trading_agent.strategies.lead_lag import LeadLagStrategy


class FollowBtcUsdt(LeadLagStrategy):
    name: ClassVar[str] = "follow_btcusdt"
    leaders: ClassVar[tuple[str, ...]] = ("BTCUSDT",)

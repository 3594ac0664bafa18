"""What may be lost in the worst of times, from the returns that were seen.

Expected shortfall is the mean of the losses beyond the value at risk, the share counted to the
fraction of a return (R. T. Rockafellar and S. Uryasev, Conditional Value-at-Risk for General Loss
Distributions, 2002; C. Acerbi and D. Tasche, On the Coherence of Expected Shortfall, 2002).
"""

import math
from collections.abc import Sequence


def expected_shortfall(returns: Sequence[float], tail: float) -> float:
    """Of the share `tail` (above 0) of the returns, at least one; above 0 for a loss."""
    ordered = sorted(returns)
    share = len(ordered) * tail
    whole = math.floor(share)
    worst = math.fsum(ordered[:whole])
    if share > whole:
        worst += (share - whole) * ordered[whole]
    return -worst / share

"""Stable codes in the words a person reads."""

from collections.abc import Sequence
from typing import Final

_CAPS: Final = {
    "call": "the call would be dearer than one call may be",
    "hour": "this hour's money is spent",
    "day": "today's money is spent",
    "tokens": "today's tokens are used up",
    "slice": "today's share for this kind of question is spent",
    "halted": "a call cost more than was reserved, and spending rests until the provider's own "
    "count has been read",
}
_UNANSWERED: Final = {
    "off": "the overseer is off",
    "unreachable": "the provider cannot be reached",
    "timeout": "no answer came in time",
    "broken": "the connection broke off",
    "too_large": "the answer was far too long",
    "bad_request": "the provider does not accept the request",
    "key_refused": "the provider does not accept the key",
    "no_credit": "the provider's account has no credit left",
    "in_flight": "the provider holds back credit for calls still under way",
    "moderated": "the provider's moderation refused the request",
    "remote_budget": "the provider's own budget is spent",
    "model_gone": "the provider no longer serves the model, or not with what is asked of it",
    "throttled": "the provider wants fewer requests",
    "overloaded": "the provider is overloaded or out of order",
    "error_in_body": "the provider returned an error",
    "error_in_choice": "the model broke off with an error",
    "no_choices": "the provider returned no answer",
    "no_content": "the model returned nothing",
    "cut_short": "the model used up its tokens before it had answered",
    "refused": "the model declined to answer",
    "filtered": "the provider filtered the answer",
    "breaker_open": "the model has failed too often and is left alone for a while",
    "unreadable": "the answer could not be read",
    "no_models": "none of the configured models can be used",
    "no_transport": "there is no key for a provider",
    "calls_per_hour": "as many questions were asked this hour as are allowed",
    "prompt_too_large": "the picture of the desk is too long for this model",
    "cassette_missing": "this question is not in the recording",
    "superseded": "something worse came up meanwhile",
    "stopped": "the run ended meanwhile",
}
_UNREADABLE: Final = {
    "not_json": "it is no JSON",
    "not_an_object": "it is no object",
    "not_finite": "it holds a number that is none",
    "duplicate_key": "it says one thing twice",
    "extra_key": "it holds what was not asked for",
    "too_long": "it is too long",
    "too_many_words": "it has too many words",
    "wrong_snapshot": "it is about another picture of the desk",
    "unknown_evidence": "it cites what it was not shown",
    "unknown_scope": "it names a pair that is not traded",
    "unknown_asset": "it names an asset that was not asked about",
    "value_does_not_fit": "a value does not fit its action",
    "param_does_not_fit": "a parameter does not fit its action",
    "scope_does_not_fit": "a scope does not fit its action",
    "two_actions_on_one_target": "it wants two things of one parameter",
    "change_and_no_change": "it wants a change and none",
    "wrong_texts": "it numbers the texts wrongly",
    "mark_repeated": "it repeats what it was told to keep to itself",
    "ungrounded": "it holds a number that it was not shown",
    "ungrounded_summary": "its summary held a number that it was not shown",
    "fenced": "it stood in a code fence",
}
_REFUSED: Final = {
    "locked": "no overseer may touch it",
    "unknown_parameter": "there is no such parameter",
    "unknown_preset": "there is no such preset",
    "preset_out_of_bounds": "the preset goes further than the desk allows",
    "not_a_number": "the value is no number",
    "far_outside": "the value is far outside what is allowed",
    "below_deadband": "it would change next to nothing",
    "changes_per_day": "the parameter was changed often enough today",
    "cooling_down": "the parameter was changed a moment ago",
    "nothing_to_restore": "there is nothing to take back",
    "no_alarm_cited": "no alarm was given as a reason",
    "tier_may_only_tighten": "this answer may only make the desk more careful",
    "crisis_may_not_loosen": "nothing is made bolder in a crisis",
    "not_all_green": "not every detector is green",
    "still_red": "a detector is still red",
    "held_too_short": "what holds was applied too short a while ago",
    "too_many_changes_today": "there were enough changes today",
    "too_many_overlays": "as many overlays hold as are allowed",
    "too_many_overlays_of_the_symbol": "as many overlays hold for the pair as are allowed",
    "loosened_too_much": "together it would make the desk too bold",
}


def in_words(code: str) -> str:
    """Of a verdict's `why`, a defect, or a refusal. One that has no words speaks for itself."""
    group, _, rest = code.partition(".")
    if rest:
        return _GROUPS[group].format(_CAPS.get(rest, rest)) if group in _GROUPS else code
    if code in _UNREADABLE:
        return f"the answer could not be read: {_UNREADABLE[code]}"
    return _UNANSWERED.get(code) or _REFUSED.get(code, code)


def no_answer(
    tier: int, why: str, denied: str, resting: Sequence[str], dropped: Sequence[str]
) -> str:
    """`denied`: the cap that allowed no second try, or empty. `resting` and `dropped`: models."""
    parts = [f"no usable answer from tier {tier}: {in_words(why)}"]
    parts += [f"no second try, because {cap_in_words(denied)}"] if denied else []
    parts += [f"left alone for a while: {', '.join(resting)}"] if resting else []
    parts += [f"no longer used: {', '.join(dropped)}"] if dropped else []
    return "; ".join(parts)


def cap_in_words(cap: str) -> str:
    return _CAPS.get(cap, cap)


_GROUPS: Final = {
    "budget": "{}",
    "schema": "the answer could not be read: {} is not as agreed",
    "fault": "a fault of the overseer's own ({})",
    "status": "the provider answered with status {}",
}
"""Codes of two parts; what stands for the second."""

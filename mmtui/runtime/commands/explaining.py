"""``mmtui ctl explain``: why each price is what it is, as text of 80 columns or as one JSON object.

Owns the words of the text. Reads the picture that the instance sent and asks nothing else.
"""

import textwrap
from collections.abc import Iterator

import msgspec

from mmtui.domain.explanation.explain import Explained, Explanation, Input, explained
from mmtui.domain.view import View
from mmtui.runtime.logs.lines import printable

WIDTH = 80


def explain_lines(view: View, *, level: int | None, side: str) -> Iterator[str]:
    """The explanation for people; raises nothing, and says so when there is no such level."""
    whole = explained(view, level=level, side=side)
    why = f" ({printable(whole.mode_reason)})" if whole.mode_reason else ""
    yield f"{whole.coin}  {whole.mode}{why}"
    yield from (f"no quotes: {printable(reason)}" for reason in whole.why_no_quotes)
    if not whole.levels:
        yield "no such level is wanted; without --level all are shown"
    for one in whole.levels:
        yield ""
        yield from _level(one, view.session.price_decimals)
    yield from _inputs(whole)


def explain_json(view: View, *, level: int | None, side: str) -> str:
    """The explanation for scripts, with its schema."""
    return msgspec.json.encode(explained(view, level=level, side=side)).decode()


def _level(one: Explanation, decimals: int) -> Iterator[str]:
    name = f"{one.side} {'all levels' if one.level < 0 else one.level}"
    if one.price is None:
        yield f"{name}: none: {printable(one.absent_because)}"
        return
    reference = f"{one.reference_name} {one.reference:.{decimals}f}"
    yield f"{name}: {one.size:g} at {one.price:.{decimals}f}   from the {reference}, in bps"
    for step in one.steps:
        price = f"{step.running_price:.{decimals}f}"
        head = f"  {printable(step.name):<18}{step.bps:+8.3f}{step.running_bps:+9.3f}{price:>12}  "
        yield (head + textwrap.shorten(step.meaning, max(WIDTH - len(head), 0), placeholder=" ..")).rstrip()
    yield f"  size: {printable(one.size_because)}"


def _inputs(whole: Explained) -> Iterator[str]:
    found: dict[str, Input] = {}
    for one in whole.levels:
        for part in (*(step.inputs for step in one.steps), one.reference_inputs, one.size_inputs):
            found.update({given.name: given for given in part})
    if not found:
        return
    yield ""
    yield f"  {'made of':<37}{'value':>12} {'unit':<11}{'trust':<10}{'age s':>6}"
    for given in found.values():
        age = "" if given.age_s is None else f"{given.age_s:.1f}"
        trust = given.provenance or given.source
        yield f"  {given.name:<37}{_value(given):>12} {given.unit:<11}{trust[:9]:<10}{age:>6}".rstrip()
        if given.low is not None and given.high is not None:
            yield f"  {'':<37}{f'95 %: {given.low:.5g} to {given.high:.5g}, n {given.n_eff:.0f}':>12}"


def _value(given: Input) -> str:
    if isinstance(given.value, bool):
        return "on" if given.value else "off"
    if isinstance(given.value, int | float):
        return f"{given.value:.6g}"
    return printable(str(given.value)) if given.value not in (None, "") else "unset"

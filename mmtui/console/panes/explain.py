"""One level at a time: how its price adds up term by term, and what each term is made of.

Reads the explanation that scripts get too. Never judges a number.
"""

from collections.abc import Iterator

from mmtui.console.format import age, aligned, compact, cut, number, plain, signed
from mmtui.console.panes.estimators import PRICE_DIGITS, TRUSTED
from mmtui.console.panes.ladder import price_text
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.explanation.explain import Explained, Explanation, Input, Step, explained
from mmtui.domain.view import View

PAGE = "why"
LEVELS = (
    Column("side", 4, 0, is_left=True),
    Column("lvl", 3, 0),
    Column("price", 10, 0),
    Column("bps", 7, 1),
    Column("size", 9, 2),
)
STEPS = (
    Column("term", 17, 0, is_left=True),
    Column("bps", 7, 0),
    Column("sum", 7, 0),
    Column("price", 10, 2),
    Column("", 11, 1, is_left=True),
    Column("meaning", 31, 3, is_left=True),
)
BAR_HALF = 5
TRUST = 11
INPUTS = (
    Column("input", 23, 0, is_left=True),
    Column("value", 11, 0),
    Column("unit", 10, 2, is_left=True),
    Column("trust", TRUST, 1, is_left=True),
    Column("age", 5, 3),
    Column("n", 6, 4),
    Column("95 % range", 21, 5),
)
INPUTS_LEAST = 4


def level_rows(scene: Scene, width: int, height: int) -> Lines:
    """Every level, best bid and ask first, those that are missing with a mark; a list with a cursor."""
    view = scene.view
    if view is None:
        return block([title("LEVELS", scene.state(), width, scene.glyphs)], width, height)
    listed = explained(view).levels
    missing = sum(one.price is None for one in listed)
    detail = f"{len(listed) - missing} quoted" + (f", {missing} missing" if missing else "")
    lines: list[Line] = [title("LEVELS", scene.state(detail), width, scene.glyphs)]
    lines.append(((" " + headings(LEVELS, columns_for(LEVELS, width - 1)), "label"),))
    picked, first = scene.desk.cursors.at(PAGE, len(listed), height - 2)
    window = listed[first : first + height - 2]
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(LEVELS, [_level(one, view, scene) for one in window], width, marks=marks)
    return block(lines, width, height)


def chosen_rows(scene: Scene, width: int, height: int) -> Lines:
    """The level under the cursor: its sum, and its inputs, those of the largest terms first."""
    view = scene.view
    if view is None:
        return block([title("WHY", scene.state(), width, scene.glyphs)], width, height)
    whole = explained(view)
    level = _chosen(scene, whole)
    if level is None:
        return block([title("WHY", scene.state("no cycle has run yet"), width, scene.glyphs)], width, height)
    name = _name(level)
    if level.price is None:
        lines = [title("WHY", scene.state(f"no {name}"), width, scene.glyphs, role="warn")]
        lines += [((f" {words}", "text"),) for words in wrap(plain(level.absent_because), width - 2)]
        return block(lines, width, height)
    detail = f"{name} at {price_text(level.price, view)}"
    lines = [title("WHY", scene.state(detail), width, scene.glyphs)]
    lines.append(((f" from the {level.reference_name} {price_text(level.reference, view)}", "label"),))
    lines += _sum(level, view, scene, width)
    lines += [((f" {words}", "label"),) for words in wrap(f"size: {plain(level.size_because)}", width - 2)]
    room = height - len(lines)
    if room >= INPUTS_LEAST:
        lines += _inputs(level, scene, width, room)
    return block(lines, width, height)


def inputs_by_weight(level: Explanation) -> list[Input]:
    """Every input once: what was measured before what was set, each by the largest term it is in."""
    found: dict[str, Input] = {}
    for step in sorted(level.steps, key=lambda one: -abs(one.bps)):
        found.update({one.name: one for one in step.inputs if one.name not in found})
    for one in (*level.reference_inputs, *level.size_inputs):
        found.setdefault(one.name, one)
    return sorted(found.values(), key=lambda one: not one.provenance)


def value_text(one: Input) -> str:
    """A value as the model pane shows it, words and switches as in the file."""
    if isinstance(one.value, bool):
        return "on" if one.value else "off"
    if isinstance(one.value, int | float):
        return compact(float(one.value), PRICE_DIGITS if one.unit == "USD" else 5)
    return plain(str(one.value)) if one.value not in (None, "") else "unset"


def _chosen(scene: Scene, whole: Explained) -> Explanation | None:
    if not whole.levels:
        return None
    return whole.levels[min(scene.desk.cursors.chosen.get(PAGE, 0), len(whole.levels) - 1)]


def _name(level: Explanation) -> str:
    side = "bid" if level.side == "BUY" else "ask"
    return f"{side}s" if level.level < 0 else f"{side} {level.level}"


def _level(one: Explanation, view: View, scene: Scene) -> list[Span]:
    side = "bid" if one.side == "BUY" else "ask"
    index = "all" if one.level < 0 else str(one.level)
    if one.price is None:
        return [(side, side), (index, "text"), ("none", "warn"), ("", "text"), ("", "text")]
    total = one.steps[-1].running_bps if one.steps else 0.0
    return [
        (side, side),
        (index, "text"),
        (price_text(one.price, view), scene.mark("text")),
        (signed(total, 2), scene.mark("text")),
        (number(one.size, view.session.size_decimals), scene.mark("text")),
    ]


def _sum(level: Explanation, view: View, scene: Scene, width: int) -> Iterator[Line]:
    yield ((" " + headings(STEPS, columns_for(STEPS, width - 1)), "label"),)
    largest = max((abs(step.bps) for step in level.steps), default=0.0)
    yield from table(STEPS, [_step(step, view, scene, largest) for step in level.steps], width)


def _step(step: Step, view: View, scene: Scene, largest: float) -> list[Span]:
    return [
        (plain(step.name), "label"),
        (signed(step.bps, 2), scene.mark("text")),
        (signed(step.running_bps, 2), scene.mark("text")),
        (price_text(step.running_price, view), scene.mark("text")),
        (signed_bar(step.bps, largest, scene), scene.mark("chart")),
        (plain(step.meaning), "label"),
    ]


def signed_bar(value: float, largest: float, scene: Scene) -> str:
    """A bar to the left of the middle for what is negative, to the right for what is positive."""
    cells = round(min(abs(value) / largest, 1.0) * BAR_HALF) if largest > 0.0 else 0
    body = scene.glyphs.full * cells
    left, right = (body, "") if value < 0.0 else ("", body)
    return f"{left:>{BAR_HALF}}{scene.glyphs.divider}{right:<{BAR_HALF}}"


def _inputs(level: Explanation, scene: Scene, width: int, room: int) -> Iterator[Line]:
    listed = inputs_by_weight(level)
    shown = listed[: room - 2]
    detail = f"{len(shown)} of {len(listed)}" if len(shown) < len(listed) else ""
    yield title("MADE OF", detail, width, scene.glyphs)
    yield ((" " + headings(INPUTS, columns_for(INPUTS, width - 1)), "label"),)
    yield from table(INPUTS, [_input(one, scene) for one in shown], width)


def _input(one: Input, scene: Scene) -> list[Span]:
    trust = one.provenance or one.source
    is_trusted = not one.provenance or one.provenance in (*TRUSTED, "exchange")
    low, high = one.low, one.high
    interval = "" if low is None or high is None else f"{aligned(low)} {aligned(high)}"
    return [
        (plain(one.name.rpartition(".")[2]), "label"),
        (value_text(one), scene.mark("text")),
        (plain(one.unit), "label"),
        (cut(plain(trust), TRUST), "label" if is_trusted else "warn"),
        ("" if one.age_s is None else age(one.age_s), "label"),
        (compact(one.n_eff) if one.n_eff else "", "label"),
        (interval, "label"),
    ]

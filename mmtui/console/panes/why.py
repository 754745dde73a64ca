"""Why each price is what it is, and why there is no price where there is none.

The terms of a level are signed bps from its reference and sum to its price; the sum is shown beside
the price so that a reader can check it.
"""

from mmtui.console.format import plain, signed
from mmtui.console.panes.ladder import price_text
from mmtui.console.rows import Line, Lines, block, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.view import LevelView, Mode, View

NAME, FIGURE = 18, 9


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Reasons first when anything is missing; otherwise the waterfall of the levels, best first."""
    view = scene.view
    if view is None:
        return block([title("WHY", scene.state(), width, scene.glyphs)], width, height)
    absent = reasons(view)
    detail = (
        "no quotes"
        if absent and not (view.engine.bids_quoted or view.engine.asks_quoted)
        else "each price in bps from the reference"
    )
    lines: list[Line] = [title("WHY", scene.state(detail), width, scene.glyphs, role="warn" if absent else "title")]
    for reason in absent:
        lines += [
            ((" ! " if place == 0 else "   ", "warn"), (words, "text"))
            for place, words in enumerate(wrap(reason, width - 4))
        ]
    if view.engine.strategy_note:
        lines += [((" ", "text"), (words, "label")) for words in wrap(plain(view.engine.strategy_note), width - 2)]
    lines += waterfall(view, scene, width, height - len(lines))
    return block(lines, width, height)


def reasons(view: View) -> list[str]:
    """Every reason for a missing quote, in words."""
    engine = view.engine
    found = [plain(text) for text in engine.why_no_quotes]
    if not found and engine.mode is not Mode.QUOTING and engine.mode_reason:
        found.append(plain(f"{engine.mode.value}: {engine.mode_reason}"))
    if not engine.warmup.is_ready:
        waiting = (f"{plain(name)} {seen} of {needed}" for name, seen, needed in engine.warmup.parts if seen < needed)
        found += [text for text in (", ".join(waiting),) if text]
    found += [
        # A whole side that is missing has no level.
        plain(f"{level.side}{f' level {level.level}' if level.level >= 0 else ''}: {level.absent_because}")
        for level in engine.levels
        if level.absent_because
    ]
    return list(dict.fromkeys(found))


def _level_order(level: LevelView) -> tuple[int, bool]:
    return level.level, not level.side.upper().startswith("B")


def waterfall(view: View, scene: Scene, width: int, height: int) -> list[Line]:
    """Term by level, best bid and best ask first, as many levels as fit."""
    levels = sorted((level for level in view.engine.levels if level.price is not None), key=_level_order)
    levels = levels[: max((width - NAME - 1) // FIGURE, 0)]
    if not levels or height < 3:
        return []
    names = list(dict.fromkeys(term.name for level in levels for term in level.terms))
    is_cut = len(names) > height - 3
    if is_cut:
        weight = {name: max(abs(_term(level, name) or 0.0) for level in levels) for name in names}
        kept = sorted(names, key=lambda name: -weight[name])[: max(height - 4, 0)]
        names = [name for name in names if name in kept]
    lines = [_heads(levels)]
    lines += [_terms(name, levels, scene) for name in names]
    if is_cut:
        lines.append(_rest(names, levels, scene))
    lines.append(_total(levels, scene))
    lines.append(_prices(levels, view, scene))
    return lines


def _term(level: LevelView, name: str) -> float | None:
    values = [term.bps for term in level.terms if term.name == name]
    return sum(values) if values else None


def _heads(levels: list[LevelView]) -> Line:
    heads = [
        (f"{('bid' if level.side.upper().startswith('B') else 'ask') + ' ' + str(level.level):>{FIGURE}}", _role(level))
        for level in levels
    ]
    return ((f" {'term, bps':<{NAME}}", "label"), *heads)


def _role(level: LevelView) -> str:
    return "bid" if level.side.upper().startswith("B") else "ask"


def _terms(name: str, levels: list[LevelView], scene: Scene) -> Line:
    figures = [(f"{signed(_term(level, name), 2):>{FIGURE}}", scene.mark("text")) for level in levels]
    return ((f" {plain(name).replace('_', ' ')[:NAME]:<{NAME}}", "label"), *figures)


def _rest(shown: list[str], levels: list[LevelView], scene: Scene) -> Line:
    figures = [sum(term.bps for term in level.terms if term.name not in shown) for level in levels]
    return (
        (f" {'other terms':<{NAME}}", "label"),
        *((f"{signed(value, 2):>{FIGURE}}", scene.mark("text")) for value in figures),
    )


def _total(levels: list[LevelView], scene: Scene) -> Line:
    sums = [sum(term.bps for term in level.terms) for level in levels]
    return ((f" {'sum':<{NAME}}", "label"), *((f"{signed(value, 2):>{FIGURE}}", scene.mark("text")) for value in sums))


def _prices(levels: list[LevelView], view: View, scene: Scene) -> Line:
    prices = [(f"{price_text(level.price, view):>{FIGURE}}", scene.mark(_role(level))) for level in levels]
    return ((f" {'price':<{NAME}}", "label"), *prices)

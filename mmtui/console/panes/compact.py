"""The body of a small terminal: own best quotes, the limits that kill, and the last lines of the log."""

from mmtui.console.format import clock, cut, milliseconds, number, percent, plain
from mmtui.console.panes.ladder import price_decimals, price_text, size_text
from mmtui.console.panes.log import told
from mmtui.console.panes.risk import role_of
from mmtui.console.panes.why import reasons
from mmtui.console.rows import Line, Lines, block, join
from mmtui.console.scene import Scene
from mmtui.domain.view import BookRow, View


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Quotes, spread, kill monitors, reasons, then the newest events."""
    view = scene.view
    if view is None:
        return block([], width, height)
    lines: list[Line] = [_quotes(view, scene, width), _market(view, scene, width), _limits(view, scene, width)]
    lines += [((cut(f" ! {reason}", width), "warn"),) for reason in reasons(view)[:2]]
    if height > len(lines) + 2:
        lines.append(())
    for line in map(told, list(reversed(view.log))[: max(height - len(lines), 0)]):
        lines.append(((cut(f" {clock(line.at)} {plain(line.level)[:5]} {plain(line.text)}", width), "label"),))
    return block(lines, width, height)


def _best(rows_: tuple[BookRow, ...]) -> BookRow | None:
    return next((row for row in rows_ if row.own_size), None)


def _quotes(view: View, scene: Scene, width: int) -> Line:
    items: list[tuple[int, Line]] = []
    for rank, (word, side, role) in enumerate(
        (("bid", view.engine.ladder.bids, "bid"), ("ask", view.engine.ladder.asks, "ask"))
    ):
        best = _best(side)
        if best is None:
            items.append((rank, ((f" {word} ", "label"), ("none", "warn"))))
            continue
        text = f"{size_text(best.own_size, view)} {price_text(best.price, view)}"
        chance = f" {percent(best.fill_probability)}" if best.fill_probability is not None else ""
        items.append((rank, ((f" {word} ", "label"), (text, scene.mark(role)), (chance, "label"))))
    return join(items, width)


def _market(view: View, scene: Scene, width: int) -> Line:
    ladder, budget = view.engine.ladder, view.engine.budget
    items: list[tuple[int, Line]] = [
        (0, ((" mid ", "label"), (number(ladder.mid, price_decimals(view) + 1), scene.mark("text")))),
        (0, (("spread ", "label"), (f"{number(ladder.spread_bps, 2)} bp", scene.mark("text")))),
        (2, (("ours ", "label"), (number(ladder.quoted_spread_bps, 2), scene.mark("text")))),
        (1, (("ack ", "label"), (milliseconds(view.ack_ms), scene.mark("text")))),
    ]
    if budget.actions_per_min_max:
        items.append(
            (
                3,
                (
                    ("rate ", "label"),
                    (percent(budget.actions_last_min / budget.actions_per_min_max), scene.mark("text")),
                ),
            )
        )
    return join(items, width)


def _limits(view: View, scene: Scene, width: int) -> Line:
    bars = sorted((bar for bar in view.engine.risk if bar.kills), key=lambda bar: -bar.ratio)
    items: list[tuple[int, Line]] = [
        (rank, ((f" K {plain(bar.name).replace('_', ' ')} ", "label"), (percent(bar.ratio), scene.mark(role_of(bar)))))
        for rank, bar in enumerate(bars)
    ]
    return join(items, width, gap=1)

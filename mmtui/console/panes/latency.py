"""Is the machine well: data age, orders, the loop, this console's own share, and the request budget."""

from mmtui.console.format import age, compact, milliseconds, number, percent, plain
from mmtui.console.panes.guards import in_full
from mmtui.console.rows import Column, Line, Lines, Span, block, cells, columns_for, headings, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.view import BudgetView, LatencyRow, View

COLUMNS = (
    Column("", 22, 0, is_left=True),
    Column("p50", 7, 2),
    Column("p99", 7, 0),
    Column("max", 7, 3),
    Column("limit", 7, 1),
    Column("", 1, 0, is_left=True),
)

BURN_WARN_H = 2.0


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title with headings, one line a figure, then the feed and the budget."""
    view = scene.view
    shown = columns_for(COLUMNS, width - 1)
    lines: list[Line] = [title("LATENCY", scene.state("ms, last minute"), width, scene.glyphs)]
    if view is None:
        return block(lines, width, height)
    lines.append((((" " + headings(COLUMNS, shown)), "label"),))
    lines += [((" ", "text"), *cells(COLUMNS, shown, _cells(row, scene))) for row in view.latency]
    health = scene.health
    own = LatencyRow(name="console, callback", p50=None, p99=None, longest=health.longest_ms, limit=5.0)
    lines.append(((" ", "text"), *cells(COLUMNS, shown, _cells(own, scene))))
    lines += _console(scene)
    lines += _feed(view, scene)
    lines += _guards(view, width)
    return block(lines, width, height)


def _cells(row: LatencyRow, scene: Scene) -> tuple[Span, ...]:
    worst = row.p99 if row.p99 is not None else row.longest
    is_over = row.limit is not None and worst is not None and not worst <= row.limit
    role = scene.mark("warn" if is_over else "text")
    return (
        (plain(row.name).replace("_", " "), "label"),
        (_ms(row.p50), scene.mark("text")),
        (_ms(row.p99), role),
        (_ms(row.longest), scene.mark("text")),
        (_ms(row.limit), "label"),
        ("!" if is_over else "", "warn"),
    )


def _ms(value: float | None) -> str:
    if value is None:
        return "."
    return number(value, 1) if value < 99.95 else number(value, 0)


def _console(scene: Scene) -> list[Line]:
    """What this console takes of the loop, and of the line to its terminal."""
    health = scene.health
    lines: list[Line] = [((f" console {percent(health.share)} of the loop at {health.rate_hz:g} Hz", "label"),)]
    if health.kib_s or health.mean_kib_s:
        drawn = f"  drawn in {milliseconds(health.delay_ms)}" if health.delay_ms is not None else ""
        skipped = f"  {health.skipped} frames skipped" if health.skipped else ""
        sent = f" terminal {health.kib_s:.0f} KiB/s, {health.mean_kib_s:.0f} over a minute"
        lines.append(((sent + drawn + skipped, "warn" if health.skipped else "label"),))
    return lines


def _feed(view: View, scene: Scene) -> list[Line]:
    feed, budget, engine = view.engine.feed, view.engine.budget, view.engine
    up = ("up", "text")
    down = ("DOWN", "bad")
    left = compact(budget.address_left) if budget.address_left is not None else "unknown"
    cap = f" of {compact(budget.address_cap)}" if budget.address_cap is not None else ""
    ages = (
        f"  book {milliseconds(feed.book_age_ms)}  venue {milliseconds(feed.venue_age_ms)}"
        f"  trade {milliseconds(feed.trade_age_ms)}"
    )
    counts = engine.counters
    orders = (
        f"{counts.orders_placed} placed, {counts.orders_cancelled} cancelled, "
        f"{counts.orders_refused} refused, {counts.denials} denied here"
    )
    actions = f"{budget.actions_last_min} of {compact(budget.actions_per_min_max)} a minute"
    text = scene.mark("text")
    market, user = (up if feed.market_up else down), (up if feed.user_up else down)
    return [
        *_burn(budget, scene),
        ((" market ", "label"), market, ("  user ", "label"), user, (ages, "label")),
        ((" actions ", "label"), (actions, text), ("  address budget ", "label"), (left + cap, text)),
        ((" orders ", "label"), (orders, text)),
    ]


def _burn(budget: BudgetView, scene: Scene) -> list[Line]:
    """What the exchange leaves us of requests, and for how long at the pace of the last hour."""
    if budget.requests_left is None:
        return []
    ends = budget.hours_to_throttle
    lasts = f"ends in {age(ends * 3_600)}" if ends is not None else "does not run out at this pace"
    role = "warn" if ends is not None and ends < BURN_WARN_H else "text"
    each = f"  {compact(budget.requests_per_fill, 3)} a fill" if budget.requests_per_fill is not None else ""
    earned = f"  {number(budget.usd_per_request, 2)} USD each" if budget.usd_per_request is not None else ""
    return [((" requests left ", "label"), (compact(budget.requests_left), scene.mark("text")), ("  ", "label"),
             (lasts, scene.mark(role)), (each, "label"), (earned, "label"))]  # fmt: skip


def _guards(view: View, width: int) -> list[Line]:
    """Each guard with its state and why, on as many lines as that takes."""
    ((text, role),) = in_full(view)
    head = " guards "
    first, *others = wrap(text, max(width - len(head), 1))
    return [((head, "label"), (first, role)), *(((" " * len(head) + line, role),) for line in others)]

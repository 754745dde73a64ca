"""What the models believe, how old that is, and how far it may be trusted."""

import msgspec

from mmtui.console.format import age, aligned, compact, number, plain, signed
from mmtui.console.panes import why
from mmtui.console.rows import Column, Line, Lines, block, cells, columns_for, fit, title
from mmtui.console.scene import Scene
from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.view import View

COLUMNS = (
    Column("", 18, 0, is_left=True),
    Column("value", 9, 0),
    Column("unit", 9, 1, is_left=True),
    Column("age", 5, 2),
    Column("n", 6, 4),
    Column("95 % range", 17, 5),
    Column("trust", 8, 3, is_left=True),
)
SHORT_COLUMNS = (Column("", 11, 0, is_left=True), Column("", 9, 0), Column("", 5, 1, is_left=True), Column("", 4, 2))
SHORT_NAMES = {
    "sigma effective": "sigma eff", "intensity bid": "A bid", "intensity ask": "A ask", "book imbalance": "book imb",
    "flow imbalance": "flow imb", "sigma forecast": "sigma fwd", "jump probability": "jump prob",
    "variance reversion": "var revert", "momentum fast": "mom fast", "momentum slow": "mom slow",
    "filtered mid": "filtered", "spread percentile": "spread pct", "hawkes ratio": "hawkes",
    "microprice regression": "mp regress", "microprice stoikov": "mp stoikov", "holding time": "holding",
    "funding hourly": "funding 1h", "funding outlook": "fund ahead", "touch volume bid": "touch bid",
    "touch volume ask": "touch ask", "own fills bid": "fills bid", "own fills ask": "fills ask",
    "kappa gumbel bid": "k gumbel b", "kappa gumbel ask": "k gumbel a", "A gumbel bid": "A gumbel b",
    "A gumbel ask": "A gumbel a", "kappa l2 bid": "k depth b", "kappa l2 ask": "k depth a",
    "kappa l2 literal bid": "k literal b", "kappa l2 literal ask": "k literal a", "informed bid": "informed b",
    "informed ask": "informed a", "expected fills bid": "exp fills b", "expected fills ask": "exp fills a",
}  # fmt: skip
TRUSTED = ("learned", "set")
TWO_COLUMNS = 56
FULL_PAIR = 50
STALE_S = 60.0
PRICE_DIGITS = 7


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line an estimate, or two side by side when they do not fit otherwise."""
    view = scene.view
    estimates = list(view.engine.estimates) if view is not None else []
    room = (height - 1) * (2 if width >= TWO_COLUMNS else 1)
    detail = _warmth(view) or (f"{room} of {len(estimates)}" if len(estimates) > room else "")
    lines: list[Line] = [title("MODEL", scene.state(detail), width, scene.glyphs)]
    if len(estimates) > height - 1 or width < 40:
        lines += _pairs(estimates, scene, width, height - 1)
        return block(lines, width, height)
    shown = columns_for(COLUMNS, width - 1)
    lines += [((" ", "text"), *cells(COLUMNS, shown, _cells(one, scene))) for one in estimates]
    return block(lines, width, height)


def model_or_why(scene: Scene, width: int, height: int) -> Lines:
    """The models, or, while a quote is missing, why: for screens without room for both."""
    view = scene.view
    return why.rows(scene, width, height) if view is not None and why.reasons(view) else rows(scene, width, height)


def _warmth(view: View | None) -> str:
    if view is None or view.engine.warmup.is_ready:
        return ""
    parts = "  ".join(f"{plain(name)} {min(seen, needed)}/{needed}" for name, seen, needed in view.engine.warmup.parts)
    return f"warming {parts}".rstrip()


def scaled(estimate: EstimateView) -> tuple[float, str]:
    """Value and unit as a trader says them: fractions of price in bp."""
    if estimate.unit == "1/sqrt(s)":
        return estimate.value * 1e4, "bp/√s"
    if estimate.unit == "1/fraction":
        return estimate.value / 1e4, "1/bp"
    if estimate.unit == "fraction":
        return estimate.value * 1e4, "bp"
    return estimate.value, plain(estimate.unit)


def _range(estimate: EstimateView) -> str:
    """Ends of the interval, in the unit of the value."""
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = (_value(msgspec.structs.replace(estimate, value=end))[0] for end in (estimate.low, estimate.high))
    return f"{low.strip()}..{high.strip()}"


def _value(estimate: EstimateView) -> tuple[str, str]:
    value, unit = scaled(estimate)
    if unit == "USD":
        return number(value, _price_decimals(value)), unit
    if estimate.value < 0 or unit == "bp" or "imbalance" in estimate.name:
        return signed(value, 3 if abs(value) < 10 else 1), unit
    return aligned(value), unit


def _price_decimals(value: float) -> int:
    """As many as leave a price, with a mark of doubt behind it, within its column."""
    return min(max(PRICE_DIGITS - len(str(int(abs(value)))), 0), 6)


def _cells(estimate: EstimateView, scene: Scene) -> tuple[tuple[str, str], ...]:
    value, unit = _value(estimate)
    if not scene.glyphs.is_unicode:
        unit = unit.replace("√", "rt ")
    is_trusted = estimate.provenance in TRUSTED
    is_doubtful = bool(estimate.provenance) and not is_trusted
    role = scene.mark("stale" if estimate.provenance == "stale" else "text")
    return (
        (plain(estimate.name).replace("_", " "), "label"),
        (value + ("?" if is_doubtful else ""), role),
        (unit, "label"),
        (age(estimate.age_s), "label"),
        (compact(estimate.n_eff, 3) if estimate.n_eff else "", "label"),
        (_range(estimate), "label"),
        (plain(estimate.provenance), "warn" if is_doubtful else "label"),
    )


def _pairs(estimates: list[EstimateView], scene: Scene, width: int, height: int) -> list[Line]:
    across = 2 if width >= TWO_COLUMNS else 1
    room = width // across
    down = min(max(height, 0), -(-len(estimates) // across))
    shown = estimates[: down * across]
    return [
        tuple(span for estimate in shown[start::down] for span in _short(estimate, scene, room))
        for start in range(down)
    ]


def _short(estimate: EstimateView, scene: Scene, room: int) -> Line:
    if room >= FULL_PAIR:
        return fit(((" ", "text"), *cells(COLUMNS, columns_for(COLUMNS, room - 1), _cells(estimate, scene))), room)
    name, value, unit, since, _, _, trust = _cells(estimate, scene)
    doubtful = trust[1] != "label"
    figure = (value[0] if value[0].endswith("?") or not doubtful else value[0] + "?", "warn" if doubtful else value[1])
    shown = columns_for(SHORT_COLUMNS, room - 1)
    name = (SHORT_NAMES.get(name[0], name[0]), name[1])
    return fit(((" ", "text"), *cells(SHORT_COLUMNS, shown, (name, figure, unit, since))), room)

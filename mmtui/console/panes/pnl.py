"""Is it the spread that pays, or luck with inventory? The causes sum to the total."""

from mmtui.console.format import compact, percent, signed
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.domain.view import PnlView, View

CENT_USD = 0.005
VOLUME_MIN_USD = 1.0
WIDE, SPACIOUS = 52, 80
NAME, VALUE = 15, 14


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, one line a cause, the total, then realised, the day and the fall from the peak."""
    view = scene.view
    heading = _headings(width)
    lines: list[Line] = [title("P&L", scene.state(heading), width, scene.glyphs)]
    if view is None:
        return block(lines, width, height)
    pnl = view.engine.pnl
    causes = [
        ("spread", pnl.spread_capture),
        (_adverse(view), pnl.adverse_selection),
        ("inventory", pnl.inventory),
        ("fees", pnl.fees),
        ("funding", pnl.funding),
    ]
    gap = pnl.total - sum(value for _, value in causes)
    room = height - 2
    if abs(gap) > CENT_USD:
        causes.append(("unexplained", gap))
    elif room < len(causes):
        causes = [*causes[:3], ("fees+funding", pnl.fees + pnl.funding)]
    lines += [_cause(name, value, pnl, scene, width) for name, value in causes]
    lines.append(_cause("total", pnl.total, pnl, scene, width))
    more = [
        (("realised", pnl.realised), ("open", pnl.unrealised)),
        (("UTC day", pnl.utc_day), ("equity change", pnl.equity_change)),
        (("peak", pnl.peak), ("drawdown", -abs(pnl.drawdown * pnl.drawdown_base))),
    ]
    lines += [_pair(one, other, pnl, scene, width) for one, other in more]
    return block(lines, width, height)


def _adverse(view: View) -> str:
    """The name of adverse selection with the time it is measured over."""
    horizon_s = view.engine.parameters.get("estimators.adverse_horizon_s")
    return f"adverse {horizon_s:g} s" if isinstance(horizon_s, float | int) else "adverse"


def _headings(width: int) -> str:
    return "USD, session" + (" and per 1,000 traded" if width >= WIDE else "")


def _role(value: float, name: str) -> str:
    if name == "unexplained":
        return "warn"
    return "loss" if value < 0 else "gain"


def _cause(name: str, value: float, pnl: PnlView, scene: Scene, width: int) -> Line:
    is_total = name == "total"
    label = "title" if is_total else "label"
    line: list[tuple[str, str]] = [
        (f" {name:<{NAME}}", label),
        (f"{signed(value, 2):>{VALUE}}", scene.mark("title" if is_total else _role(value, name))),
    ]
    if width >= WIDE:
        each = value / pnl.volume * 1e3 if pnl.volume >= VOLUME_MIN_USD else None
        line.append((f"{signed(each, 3):>{VALUE}}", scene.mark("label")))
    return tuple(line)


def _pair(one: tuple[str, float], other: tuple[str, float], pnl: PnlView, scene: Scene, width: int) -> Line:
    line: list[tuple[str, str]] = [
        (f" {one[0]:<{NAME}}", "label"),
        (f"{signed(one[1], 2):>{VALUE}}", scene.mark(_role(one[1], ""))),
    ]
    if width >= WIDE:
        has_base = other[0] == "drawdown" and pnl.drawdown_base > 0.0
        share = f" {percent(pnl.drawdown)} of {compact(pnl.drawdown_base)}" if has_base else ""
        share += f", session {percent(pnl.session_drawdown)}" if has_base and width >= SPACIOUS else ""
        line += [(f"   {other[0]} ", "label"), (signed(other[1], 2) + share, scene.mark(_role(other[1], "")))]
    return tuple(line)

"""Is it the spread that pays, or luck with inventory? The causes sum to the total."""

from typing import NamedTuple

from mmtui.console.format import compact, percent, plain, signed
from mmtui.console.rows import Line, Lines, Span, block, fit, title, width_of
from mmtui.console.scene import Scene
from mmtui.domain.history_view import Sample
from mmtui.domain.view import PnlView, SessionView, View

CENT_USD = 0.005
VOLUME_MIN_USD = 1.0
HOUR_S = 3_600.0
WITH_HOUR, WIDE = 42, 54
NAME, VALUE = 15, 13
CAUSES = ("spread_capture", "adverse_selection", "inventory", "fees", "funding")


class Cause(NamedTuple):
    """One line: its name, the session's value, and the last hour's, None where it is not known."""

    name: str
    session: float
    hour: float | None


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title with headings, one line a cause, the total, then realised, the day and the fall from the peak."""
    view = scene.view
    if view is None:
        return block([title("P&L", scene.state(), width, scene.glyphs)], width, height)
    scene = scene.of_account()
    pnl = view.engine.pnl
    lines: list[Line] = [_heading(scene, view.session, width)]
    causes = _causes(view)
    if height - 2 < len(causes):
        causes = _folded(causes)
    lines += [_cause(cause, pnl, scene, width) for cause in causes]
    lines.append(_cause(_total(view), pnl, scene, width))
    more = [
        (("realised", pnl.realised), ("open", pnl.unrealised)),
        (("UTC day", pnl.utc_day), ("equity change", pnl.equity_change)),
        (("peak", pnl.peak), ("drawdown", -abs(pnl.drawdown * pnl.drawdown_base))),
    ]
    lines += [_pair(one, other, pnl, scene, width) for one, other in more]
    return block(lines, width, height)


def money_unit(session: SessionView) -> str:
    """What P&L is counted in: dollars for the usual collateral, else the collateral's name."""
    return "USD" if session.collateral in ("USDC", "") else plain(session.collateral)


def _heading(scene: Scene, session: SessionView, width: int) -> Line:
    unit = money_unit(session)
    told = scene.state()
    if told:
        return title("P&L", f"{told}  {unit}", width, scene.glyphs)
    rule = scene.glyphs.rule
    heads = ["session"]
    heads += ["last hour"] if width >= WITH_HOUR else []
    heads += ["per 1k traded"] if width >= WIDE else []
    texts = "".join(f"{head:>{VALUE + (place > 1)}}" for place, head in enumerate(heads))
    name: list[Span] = [(f"{rule} ", "rule"), ("P&L", "title"), (f" {unit}", "label")]
    used = 2 + 3 + 1 + len(unit)
    blank = len(texts) - len(texts.lstrip())
    room = NAME + 1 + blank - used - 1
    if room < 0:
        return title("P&L", unit, width, scene.glyphs)
    line = [*name, (" " + rule * (room - 1) + " ", "rule") if room > 1 else (" " * (room + 1), "rule")]
    line += [(texts.lstrip(), "label"), (" ", "rule")]
    rest = width - used - room - 1 - len(texts.lstrip()) - 1
    return fit([*line, (rule * max(rest, 0), "rule")], width)


def _before(view: View) -> Sample | None:
    """The figures an hour ago; all nothing while the session is younger than that."""
    at = view.engine.at
    if at - view.session.started_at <= HOUR_S:
        return Sample(at=at)
    return view.histories.at_or_before(at - HOUR_S)


def _causes(view: View) -> list[Cause]:
    pnl, before = view.engine.pnl, _before(view)
    names = ("spread", _adverse(view), "inventory", "fees", "funding")
    found = []
    for name, field in zip(names, CAUSES, strict=True):
        value = float(getattr(pnl, field))
        found.append(Cause(name, value, value - float(getattr(before, field)) if before is not None else None))
    gap = pnl.total - sum(cause.session for cause in found)
    if abs(gap) > CENT_USD:
        total = _total(view).hour
        known = [cause.hour for cause in found if cause.hour is not None]
        found.append(Cause("unexplained", gap, total - sum(known) if total is not None else None))
    return found


def _total(view: View) -> Cause:
    before, total = _before(view), view.engine.pnl.total
    return Cause("total", total, total - before.total if before is not None else None)


def _folded(causes: list[Cause]) -> list[Cause]:
    """Fees and funding as one line, for want of room; what is unexplained keeps its own."""
    fees, funding = causes[3], causes[4]
    hour = fees.hour + funding.hour if fees.hour is not None and funding.hour is not None else None
    return [*causes[:3], Cause("fees+funding", fees.session + funding.session, hour), *causes[5:]]


def _adverse(view: View) -> str:
    """The name of adverse selection with the time it is measured over."""
    horizon_s = view.engine.parameters.get("estimators.adverse_horizon_s")
    return f"adverse {horizon_s:g} s" if isinstance(horizon_s, float | int) else "adverse"


def _role(value: float | None, name: str) -> str:
    if name == "unexplained":
        return "warn"
    return "loss" if value is not None and value < 0 else "gain"


def _money(value: float | None) -> str:
    text = signed(value, 2)
    return text if len(text) < VALUE else ("+" if value is not None and value > 0 else "") + compact(value, 5)


def _cause(cause: Cause, pnl: PnlView, scene: Scene, width: int) -> Line:
    is_total = cause.name == "total"

    def figure(value: float | None) -> Span:
        return f"{_money(value):>{VALUE}}", scene.mark("title" if is_total else _role(value, cause.name))

    line: list[Span] = [(f" {cause.name:<{NAME}}", "title" if is_total else "label"), figure(cause.session)]
    if width >= WITH_HOUR:
        line.append(figure(cause.hour))
    if width >= WIDE:
        each = cause.session / pnl.volume * 1e3 if pnl.volume >= VOLUME_MIN_USD else None
        line.append((f"{signed(each, 3):>{VALUE + 1}}", scene.mark("label")))
    return tuple(line)


def _pair(one: tuple[str, float], other: tuple[str, float], pnl: PnlView, scene: Scene, width: int) -> Line:
    line: list[Span] = [
        (f" {one[0]:<{NAME}}", "label"),
        (f"{_money(one[1]):>{VALUE}}", scene.mark(_role(one[1], ""))),
    ]
    has_base = other[0] == "drawdown" and pnl.drawdown_base > 0.0
    share = f" {percent(pnl.drawdown)} of {compact(pnl.drawdown_base)}" if has_base else ""
    session = f", session {percent(pnl.session_drawdown)}" if has_base else ""
    role = scene.mark(_role(other[1], ""))
    for tail in (share + session, share, ""):
        beside: list[Span] = [(f"   {other[0]} ", "label"), (_money(other[1]) + tail, role)]
        if width_of((*line, *beside)) <= width:
            return (*line, *beside)
    return tuple(line)

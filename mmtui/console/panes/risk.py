"""How far from being stopped: one bar a monitor, share of its limit, always in the same order."""

from math import floor, isfinite, log10

from mmtui.console.format import compact, percent, plain
from mmtui.console.rows import Line, Lines, bar, block, title
from mmtui.console.scene import Scene
from mmtui.domain.view import RiskBar

NAME_MAX, FIGURES_MAX, SHARE = 20, 20, 5
NARROW = 52
WARN_RATIO = 0.8
LIMIT_DIGITS = 3


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title and one line a monitor; those that kill first when there is no room for all."""
    view = scene.view
    detail = scene.state("share of limit   K kills, w widens" if width >= 50 else "K kills, w widens")
    lines: list[Line] = [title("RISK", detail, width, scene.glyphs)]
    bars = list(view.engine.risk) if view is not None else []
    room = height - 1
    if len(bars) > room:
        worst = sorted(bars, key=lambda one: (not one.kills, -one.ratio))[: max(room, 0)]
        bars = [one for one in bars if one in worst]
    names = max((len(_name(one)) for one in bars), default=0)
    figures = max((len(text) for one in bars if len(text := _figures(one)) <= FIGURES_MAX), default=0)
    widths = (min(names, NAME_MAX), figures if width >= NARROW else 0)
    lines += [_bar(one, scene, width, widths) for one in bars]
    return block(lines, width, height)


def role_of(one: RiskBar) -> str:
    """Good is quiet; near the limit warns; over it is bad."""
    if not one.ratio < 1:
        return "bad" if one.kills else "warn"
    return "warn" if one.ratio >= WARN_RATIO else "text"


def _name(one: RiskBar) -> str:
    return plain(one.name).replace("_", " ")


def _figures(one: RiskBar) -> str:
    return plain(one.text) or _of_limit(one)


def _of_limit(one: RiskBar) -> str:
    """Value and limit; the value no finer than a thousandth of the limit's first digit."""
    value = one.value
    if isfinite(value) and isfinite(one.limit) and one.limit:
        value = round(value, LIMIT_DIGITS - floor(log10(abs(one.limit))))
    return f"{compact(value)} of {compact(one.limit)} {plain(one.unit)}".rstrip()


def _bar(one: RiskBar, scene: Scene, width: int, widths: tuple[int, int]) -> Line:
    names, room = widths
    role = role_of(one)
    mark = "!" if role != "text" else " "
    figures = _figures(one)
    if len(figures) > room:
        figures = _of_limit(one)
    cells = width - names - SHARE - 6 - (room + 2 if room else 0)
    line: list[tuple[str, str]] = [
        (mark, scene.mark(role)),
        ("K " if one.kills else "w ", "label"),
        (f"{_name(one)[:names]:<{names}} ", "label" if role == "text" else scene.mark(role)),
        *bar(one.ratio, max(cells, 4), scene.glyphs, scene.mark("gauge" if role == "text" else role)),
        (f" {percent(one.ratio):>{SHARE}}", scene.mark(role)),
    ]
    if len(figures) <= room:
        line.append((f"  {figures}", "label"))
    return tuple(line)

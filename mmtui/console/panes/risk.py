"""How far from being stopped: one bar a monitor, share of its limit, always in the same order."""

from mmtui.console.format import compact, percent, plain
from mmtui.console.rows import Line, Lines, bar, block, title
from mmtui.console.scene import Scene
from mmtui.domain.view import RiskBar

NAME, SHARE, FIGURES = 15, 5, 20
WARN_RATIO = 0.8


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
    lines += [_bar(one, scene, width) for one in bars]
    return block(lines, width, height)


def role_of(one: RiskBar) -> str:
    """Good is quiet; near the limit warns; over it is bad."""
    if not one.ratio < 1:
        return "bad" if one.kills else "warn"
    return "warn" if one.ratio >= WARN_RATIO else "text"


def _bar(one: RiskBar, scene: Scene, width: int) -> Line:
    role = role_of(one)
    mark = "!" if role != "text" else " "
    figures = plain(one.text) or f"{compact(one.value)} of {compact(one.limit)} {plain(one.unit)}".rstrip()
    has_figures = width >= 52 and len(figures) <= FIGURES
    cells = width - NAME - SHARE - 7 - (FIGURES if has_figures else 0)
    name = plain(one.name).replace("_", " ")
    line: list[tuple[str, str]] = [
        (mark, scene.mark(role)),
        ("K " if one.kills else "w ", "label"),
        (f"{name[:NAME]:<{NAME}} ", "label" if role == "text" else scene.mark(role)),
        *bar(one.ratio, max(cells, 4), scene.glyphs, scene.mark("gauge" if role == "text" else role)),
        (f" {percent(one.ratio):>{SHARE}}", scene.mark(role)),
    ]
    if has_figures:
        line.append((f"  {figures}", "label"))
    return tuple(line)

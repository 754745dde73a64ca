"""How far from being stopped: one bar a monitor, always in the same order, and below what trips next."""

from math import floor, isfinite, log10

from mmtui.console.format import age, compact, percent, plain, signed
from mmtui.console.rows import Line, Lines, bar, block, title, width_of
from mmtui.console.scene import Scene
from mmtui.domain.trip_view import RiskBar, TripView

NAME_MAX, FIGURES_MAX, SHARE = 20, 20, 5
NARROW = 52
WARN_RATIO = 0.8
LIMIT_DIGITS = 3
TITLE_ROOM = 9
WHOLE_MOVE_BPS, FAR_MOVE_BPS = 1_000.0, 10_000.0


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title and one line a monitor; those that kill first when there is no room for all, else what trips next."""
    view = scene.view
    bars = list(view.engine.risk) if view is not None else []
    room = height - 1
    if len(bars) > room:
        worst = sorted(bars, key=lambda one: (not one.kills, -one.ratio))[: max(room, 0)]
        bars = [one for one in bars if one in worst]
    names = max((len(_name(one)) for one in bars), default=0)
    figures = max((len(text) for one in bars if len(text := _figures(one)) <= FIGURES_MAX), default=0)
    widths = (min(names, NAME_MAX), figures if width >= NARROW else 0)
    trips = view.engine.next_trips if view is not None else ()
    has_trips = bool(trips) and height - 1 - len(bars) > 1
    detail = scene.state(_detail(trips, width, has_trips=has_trips))
    lines: list[Line] = [title("RISK", detail, width, scene.glyphs)]
    lines += [_bar(one, scene, width, widths) for one in bars]
    if has_trips:
        lines.append(title("TRIPS NEXT", scene.state("left of the limit"), width, scene.glyphs))
        lines += [_trip(one, scene, width) for one in trips[: height - len(lines)]]
    return block(lines, width, height)


def _detail(trips: tuple[TripView, ...], width: int, *, has_trips: bool) -> str:
    """What the letters mean; and what trips next, where it has no lines of its own."""
    texts = ["share of limit   K kills, w widens", "K kills, w widens"]
    if trips and not has_trips:
        nearest = f"next: {plain(trips[0].name)}, {_left(trips[0])} left"
        texts = [f"{texts[1]}   {nearest}", nearest, texts[1]]
    return next((text for text in texts if len(text) + TITLE_ROOM <= width), "")


def _left(one: TripView) -> str:
    return f"{compact(one.distance)} {plain(one.unit)}".rstrip()


def role_of(one: RiskBar) -> str:
    """Good is quiet; near the limit warns; over it is bad."""
    if not one.ratio < 1:
        return "bad" if one.kills else "warn"
    return "warn" if one.ratio >= WARN_RATIO else "text"


def _trip(one: TripView, scene: Scene, width: int) -> Line:
    """What is left, the move that uses it up, the time, and what then follows, as far as there is room."""
    role = "label" if one.ratio < WARN_RATIO else "warn"
    line: list[tuple[str, str]] = [(f" {plain(one.name)} ", scene.mark(role))]
    parts = [
        (_left(one), "text"),
        (_move(one.move_bps), "text"),
        (f"in {age(one.time_s)}" if one.time_s is not None else "", "text"),
        (plain(one.follows), "label"),
    ]
    for text, mark in parts:
        if text and width_of(line) + len(text) + 2 <= width:
            line.append((f" {text} ", scene.mark(mark)))
    return tuple(line)


def _move(bps: float | None) -> str:
    """The move of the price that uses it up; nothing where no price that far off is worth a thought."""
    if bps is None or not abs(bps) < FAR_MOVE_BPS:
        return ""
    return f"price {signed(bps, 0)} bp" if abs(bps) < WHOLE_MOVE_BPS else f"price {signed(bps / 100.0, 0)}%"


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

"""How the panes show things: the ladder's axis, and which levels the log shows. Pure."""

from mmtui.console.desk import Desk, Handler
from mmtui.console.moment import Moment

# The least level shown; "" is every line.
LEVELS = ("", "info", "fill", "warn", "error")
LEVEL_WORDS = {"": "every line", "debug": "every line", "all": "every line"}


def _recentre(desk: Desk, _argument: str, now: Moment) -> None:
    desk.cursors.axis.recentre()
    desk.say("ladder: the mid in the middle, as many ticks a row as show the book", now)


def _regroup(step: int) -> Handler:
    def handle(desk: Desk, _argument: str, now: Moment) -> None:
        ticks = desk.cursors.axis.regroup(step)
        key = desk.keymap.key_of("recentre")
        desk.say(f"ladder: {ticks} tick{'s' if ticks > 1 else ''} a row; {key} lets it choose again", now)

    return handle


def _next_level(desk: Desk, _argument: str, now: Moment) -> None:
    place = LEVELS.index(desk.cursors.log_level) if desk.cursors.log_level in LEVELS else 0
    _show(desk, LEVELS[(place + 1) % len(LEVELS)], now)


def _level(desk: Desk, argument: str, now: Moment) -> None:
    level = argument.strip().lower()
    if level in LEVEL_WORDS:
        level = ""
    if level in LEVELS:
        _show(desk, level, now)
    else:
        desk.say(f"no level {argument!r}: use all, {', '.join(LEVELS[1:])}", now, "warn")


def _show(desk: Desk, level: str, now: Moment) -> None:
    desk.cursors.log_level = level
    desk.say(f"log: {level + ' and worse' if level else 'every line'}", now)


VIEWING: dict[str, Handler] = {
    "recentre": _recentre,
    "finer": _regroup(-1),
    "coarser": _regroup(1),
    "log-level": _next_level,
    "level": _level,
}

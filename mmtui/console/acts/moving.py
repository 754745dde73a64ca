"""Pages, lists, panes, the command line, and leaving. Pure; what only the app can do becomes a wish."""

from collections.abc import Callable

from mmtui.console.asks import KILL_S, Ask
from mmtui.console.desk import Desk, Handler
from mmtui.console.edits.listing import PAGE as PARAMETERS_PAGE
from mmtui.console.field import Field
from mmtui.console.keys import PAGES
from mmtui.console.moment import Moment


def _page(name: str) -> Handler:
    def handle(desk: Desk, _argument: str, _now: Moment) -> None:
        desk.cursors.open(name)

    return handle


def _move(step: Callable[[Desk], int]) -> Handler:
    def handle(desk: Desk, _argument: str, _now: Moment) -> None:
        desk.cursors.move(step(desk))

    return handle


def _jump(to_end: bool) -> Handler:
    def handle(desk: Desk, _argument: str, _now: Moment) -> None:
        desk.cursors.jump(to_end)

    return handle


def _wish(name: str) -> Handler:
    def handle(desk: Desk, argument: str, _now: Moment) -> None:
        desk.wishes.append((name, argument))

    return handle


def _choose_pane(step: int) -> Handler:
    def handle(desk: Desk, _: str, now: Moment) -> None:
        pane = desk.cursors.next_pane(step)
        desk.say(f"{pane}: y copies it" if pane else "no pane to choose here", now)

    return handle


def _zoom(desk: Desk, _: str, now: Moment) -> None:
    pane = desk.cursors.zoom()
    key = desk.keymap.key_of("zoom") or ":zoom"
    desk.say(f"{pane} alone; {key} or esc shows all, tab the next" if pane else "all panes", now)


def _hold(desk: Desk, _: str, now: Moment) -> None:
    desk.sight.toggle_hold(now.engine)


def _command(desk: Desk, _argument: str, _now: Moment) -> None:
    desk.field = Field("command", ":", history=desk.history)


def _filter(desk: Desk, _argument: str, _now: Moment) -> None:
    if desk.page == "main":
        desk.cursors.open("log")
    desk.cursors.steps["log-context"] = 0
    desk.field = Field("filter", "/", text=desk.cursors.filters.get(desk.page, ""))
    if desk.page == PARAMETERS_PAGE:
        desk.cursors.jump(to_end=False)


def _acknowledge(desk: Desk, _: str, now: Moment) -> None:
    alarm = desk.sight.worst_alarm()
    if alarm is None:
        desk.say("no alarm to acknowledge", now)
    else:
        desk.sight.acknowledge(alarm)


def _leave(how: str) -> Callable[[Desk, Moment], None]:
    def answer(desk: Desk, _now: Moment) -> None:
        desk.wishes.append(("leave", how))

    return answer


def _quit(desk: Desk, _: str, now: Moment) -> None:
    if desk.link.is_attached:
        desk.wishes.append(("leave", "detach"))
    else:
        _ask_to_quit(desk, now, "QUIT", {})


def _interrupt(desk: Desk, _: str, now: Moment) -> None:
    if desk.link.is_attached:
        desk.wishes.append(("leave", "detach"))
        return
    _ask_to_quit(desk, now, "QUIT", {"ctrl+c": _leave("stop")})


def _ask_to_quit(desk: Desk, now: Moment, kind: str, extra: dict[str, Callable[[Desk, Moment], None]]) -> None:
    is_interrupt = bool(extra)
    headline = "ctrl+c again within 3 s stops gracefully." if is_interrupt else "the engine runs inside this console."
    desk.ask = Ask(
        kind,
        headline,
        "s stop, cancel quotes   d leave it running   other keys: back",
        {**extra, "s": _leave("stop"), "d": _leave("detach")},
        opened_at=now.real,
        lasts_s=KILL_S if is_interrupt else 10.0,
        is_armed_at_once=is_interrupt,
        briefs=("s stop, d leave it running", "s stop, d keep going", "s stop, d keep", "s or d"),
    )


MOVING: dict[str, Handler] = {
    **{page.name: _page(page.name) for page in PAGES},
    "help": _page("help"),
    "up": _move(lambda _: -1),
    "down": _move(lambda _: 1),
    "page-up": _move(lambda desk: -desk.cursors.screenful()),
    "page-down": _move(lambda desk: desk.cursors.screenful()),
    "first": _jump(to_end=False),
    "last": _jump(to_end=True),
    "next-pane": _choose_pane(1),
    "previous-pane": _choose_pane(-1),
    "zoom": _zoom,
    "hold": _hold,
    "command": _command,
    "filter": _filter,
    "acknowledge": _acknowledge,
    "quit": _quit,
    "interrupt": _interrupt,
    "copy": _wish("copy"),
    "write": _wish("write"),
    "reload": _wish("reload"),
    "theme": _wish("theme"),
    "redraw": _wish("redraw"),
}

"""What the keys do about control and about other engines. Pure; what only the app can do becomes a wish."""

from mmtui.console.desk import Desk, Handler
from mmtui.console.moment import Moment

PAGE = "instances"


def _take(desk: Desk, _: str, now: Moment) -> None:
    standing = desk.link.standing()
    if standing.is_in_control:
        desk.say("this console is in control already", now)
        return
    desk.link.take()
    desk.say("control: asked for", now)


def _instances(desk: Desk, _: str, _now: Moment) -> None:
    desk.cursors.open(PAGE)


def _switch(desk: Desk, argument: str, _now: Moment) -> None:
    desk.wishes.append(("switch", argument))


def _next(desk: Desk, _: str, _now: Moment) -> None:
    desk.wishes.append(("switch", "+"))


def _chosen(desk: Desk, _: str, now: Moment) -> None:
    rows = desk.roster.instances() if desk.roster is not None else ()
    place = desk.cursors.chosen.get(PAGE, 0)
    if place < len(rows):
        desk.wishes.append(("switch", rows[place].id))
    else:
        desk.say("no other engine runs here", now)


ATTENDING: dict[str, Handler] = {
    "take": _take,
    "instances": _instances,
    "switch": _switch,
    "next-instance": _next,
    "switch-chosen": _chosen,
}

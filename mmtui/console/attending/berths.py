"""One desk for each engine that a console shows: cursors, drafts and questions never cross over.

Owns the desks and which of them is shown. The first is home: the engine that the console was opened on. Leaving
another one leads back home when the engine at home lives in this process, so that looking elsewhere cannot end it.
"""

from collections.abc import Callable

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.format import plain
from mmtui.console.link import Roster
from mmtui.console.moment import Moment

Clock = Callable[[], float]


class Berths:
    """The desks of a console; ``roster`` knows of the other engines, None where there are none to know of."""

    __slots__ = ("_at", "_berths", "_home", "_roster", "_seconds", "shown")

    def __init__(self, desk: Desk, clock: Clock, seconds: Clock, roster: Roster | None) -> None:
        self.shown = desk
        desk.roster = roster
        self._home = desk.link.standing().instance
        self._at = self._home
        self._berths: dict[str, tuple[Desk, Clock]] = {self._home: (desk, clock)}
        self._roster = roster
        self._seconds = seconds

    def moment(self) -> Moment:
        """Now, on the shown engine's clock and in real time."""
        return Moment(self._berths[self._at][1](), self._seconds())

    @property
    def is_home(self) -> bool:
        """Whether the engine shown is the one that the console was opened on."""
        return self._at == self._home

    def over(self, now: Moment) -> str:
        """Why the session at home has ended, once that has been on the screen for long enough; empty before."""
        is_over = self.is_home and self.shown.attendance.is_over(now.real)
        return plain(self.shown.link.standing().ended) if is_over else ""

    def leads_home(self) -> bool:
        """Goes back to an engine of this process instead of leaving; whether there was one to go back to."""
        if self.is_home or self._berths[self._home][0].link.is_attached:
            return False
        self._show(self._home)
        return True

    def switch(self, wanted: str) -> str:
        """Shows another engine: by its id, the beginning of one, or ``+`` for the next; why not, or ""."""
        known = self._known()
        if wanted == "+":
            place = known.index(self._at) + 1 if self._at in known else 0
            found = [known[place % len(known)]]
        else:
            found = [name for name in known if name == wanted] or [name for name in known if name.startswith(wanted)]
        if len(found) != 1:
            return f"which engine? {', '.join(known)}" if len(known) > 1 else "no other engine runs here"
        if found[0] == self._at and not self._is_over(found[0]):
            return "no other engine runs here" if len(known) == 1 else f"{found[0]} is shown already"
        return self._show(found[0])

    def _known(self) -> list[str]:
        there = [one.id for one in self._roster.instances()] if self._roster is not None else []
        return sorted({*there, self._home})

    def _is_over(self, name: str) -> bool:
        """Whether the session of an engine elsewhere has ended, so that a later one there is another engine."""
        return name != self._home and bool(self._berths[name][0].link.standing().ended)

    def _show(self, name: str) -> str:
        before = self.shown
        if name not in self._berths or self._is_over(name):
            link = self._roster.link(name) if self._roster is not None else None
            if link is None or self._roster is None:
                return f"{plain(name)} cannot be reached"
            clock = self._roster.clock
            now = Moment(clock(), self._seconds())
            desk = Desk(link, before.keymap, HANDLERS, name=before.outbox.name, now=now)
            desk.roster = self._roster
            self._berths[name] = (desk, clock)
        before.ask = before.field = None
        self._at = name
        self.shown = self._berths[name][0]
        self.shown.keymap = before.keymap
        self.shown.say("back home; q leaves from here" if self.is_home else f"now shown: {plain(name)}", self.moment())
        return ""

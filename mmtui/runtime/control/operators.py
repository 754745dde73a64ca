"""Which of the consoles of an engine is in control. Pure.

Owns the rule: the first console is in control; a later one looks on until it takes control. When the console in
control leaves, nobody is until somebody takes it, or until a console comes that asks for it. Who only looks on
may always take risk off. Scripts are no consoles: they neither hold control nor need it.
"""

from collections.abc import Callable
from typing import Protocol

from mmtui.domain.commands import Command
from mmtui.domain.consultations import Consultation
from mmtui.domain.standing import Standing, is_for_everyone, refused_to, writes_for_all


class Console(Protocol):
    """One console, on a socket or in the engine's own process."""

    label: str
    """NAME/PID on TTY."""

    def stand(self, standing: Standing) -> None:
        """Hears where it stands now."""


class Operators:
    """The consoles of one engine, oldest first; ``note`` hears of every change of control."""

    __slots__ = ("_consoles", "_holder", "_instance", "_looks_on", "_news", "_note", "_text")

    def __init__(self, instance: str, note: Callable[[str], None]) -> None:
        self._instance = instance
        self._note = note
        self._consoles: list[Console] = []
        self._looks_on: set[int] = set()
        self._holder: Console | None = None
        self._news = 0
        self._text = ""

    def join(self, console: Console, *, claims: bool = True, may_take: bool = True) -> None:
        """A console comes; it is in control if it asks for that and nobody is."""
        self._consoles.append(console)
        if not may_take:
            self._looks_on.add(id(console))
        if claims and may_take and self._holder is None:
            self._holder = console
            self._tell(f"{console.label} is in control")
        else:
            self._tell(f"{console.label} looks on")

    def leave(self, console: Console) -> None:
        """A console goes, and its control with it."""
        if console not in self._consoles:
            return
        self._consoles.remove(console)
        self._looks_on.discard(id(console))
        if console is self._holder:
            self._holder = None
            self._tell(f"{console.label} has left; nobody is in control, :take takes it")
        else:
            self._tell(f"{console.label} has left")

    def take(self, console: Console) -> str:
        """Moves control to a console; says why not, or ""."""
        if console not in self._consoles:
            return "only a console can be in control"
        if id(console) in self._looks_on:
            return "this console was opened to look only; attach again without --read-only"
        if console is not self._holder:
            before = self._holder.label if self._holder is not None else "nobody"
            self._holder = console
            self._tell(f"{console.label} took control from {before}")
        return ""

    def refusal(self, console: Console, asked: Command | Consultation) -> str:
        """Why a console may not ask this, or ""."""
        if console is self._holder:
            return ""
        if isinstance(asked, Command):
            return "" if is_for_everyone(asked) else refused_to(self.standing(console))
        return refused_to(self.standing(console)) if writes_for_all(asked) else ""

    def standing(self, console: Console | None = None) -> Standing:
        """Where a console stands; for nobody in particular, who is in control."""
        return Standing(
            instance=self._instance,
            is_in_control=console is not None and console is self._holder,
            holder=self._holder.label if self._holder is not None else "",
            consoles=len(self._consoles),
            news=self._news,
            text=self._text,
        )

    def _tell(self, text: str) -> None:
        self._news += 1
        self._text = text
        self._note(text)
        for console in list(self._consoles):
            console.stand(self.standing(console))

"""How the console sees an engine and speaks to it, whether in this process or over a socket.

Owns the protocols. A link never blocks and never raises for a slow or absent engine: ``latest`` simply
keeps returning the last picture, and the console says that it is old.
"""

from typing import Protocol

from mmtui.domain.commands import Command, CommandResult
from mmtui.domain.consultations import Consultation, Finding
from mmtui.domain.standing import InstanceView, Standing
from mmtui.domain.view import View


class Link(Protocol):
    """What the console needs; in-process and socket links provide it."""

    is_attached: bool
    """Whether the engine lives in another process, so that leaving cannot stop it."""

    def latest(self) -> View | None:
        """The last picture published, or None before the first."""

    def send(self, command: Command) -> None:
        """Hand a command over; the answer comes through ``results``."""

    def results(self) -> list[CommandResult]:
        """Answers since the last call, oldest first."""

    def consult(self, consultation: Consultation) -> None:
        """Have something worked out or written beside the engine; it comes through ``findings``."""

    def findings(self) -> list[Finding]:
        """What came of consultations since the last call, oldest first."""

    def standing(self) -> Standing:
        """Which engine this is, and whether this console is in control of it."""

    def take(self) -> None:
        """Ask for control; ``standing`` tells whether it came."""


class Roster(Protocol):
    """The engines of this user on this machine, as far as they are known; never waits for any of them."""

    def instances(self) -> tuple[InstanceView, ...]:
        """What is known of them now, by id."""

    def link(self, instance: str) -> Link | None:
        """The link to one of them, opened when it is first asked for."""

    def clock(self) -> float:
        """Epoch seconds, for engines of other processes."""

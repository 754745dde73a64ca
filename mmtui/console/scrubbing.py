"""What a replay offers beside pictures: moving about in its time. The console's side of it is this protocol."""

from typing import Protocol, runtime_checkable

from mmtui.domain.standing import Played


class Player(Protocol):
    """Moves a replay; each returns a line for people, empty when the screen says it."""

    def played(self) -> Played:
        """Where it stands."""

    def toggle(self) -> str:
        """Pause, or go on."""

    def change_speed(self, step: int) -> str:
        """The next faster speed, or slower with -1."""

    def step(self, seconds: float) -> str:
        """So far forward, or back where negative; a paused replay stays so."""

    def jump(self, kind: str, direction: int) -> str:
        """To the next or previous event of a kind: ``fill`` or ``warning``."""

    def go_to(self, words: str) -> str:
        """To a time, ``HH:MM[:SS]``, to ``start`` or ``end``, or so far on, ``+90`` or ``-5m``."""


@runtime_checkable
class Scrubbed(Protocol):
    """A link that plays something again."""

    player: Player


def player_of(link: object) -> Player | None:
    """The player of a link that has one."""
    return link.player if isinstance(link, Scrubbed) else None

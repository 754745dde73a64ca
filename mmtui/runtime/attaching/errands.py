"""Commands on their way to another process, and what is known of them when the way breaks. Pure.

Owns the ids on the wire, which no other console shares, and the rule of repetition: what takes risk off is sent
once more after a reconnect while it is fresh; of anything else it is said that nobody knows whether it was done.
"""

from typing import Final, NamedTuple

import msgspec

from mmtui.domain.commands import Command, CommandResult, CommandStatus
from mmtui.domain.standing import is_for_everyone
from mmtui.runtime.control.frames import Ask

FRESH_S: Final = 10.0
OUT_MAX: Final = 64
_LOST: Final = "the connection broke before the answer; look at the engine before you ask again"


class _Errand(NamedTuple):
    """One command out: as it was given, when, and how often it left."""

    command: Command
    at: float
    times: int
    is_accepted: bool = False


class Errands:
    """The commands of one console to one engine; ``token`` is the console's own."""

    __slots__ = ("_out", "_prefix")

    def __init__(self, token: str) -> None:
        self._prefix = f"{token}-"
        self._out: dict[str, _Errand] = {}

    def send(self, command: Command, nonce: str, now: float) -> Ask:
        """What goes out for a command."""
        while len(self._out) >= OUT_MAX:
            del self._out[next(iter(self._out))]
        self._out[command.id] = _Errand(command, now, 1)
        return self._ask(command, nonce)

    def hold(self, command: Command, now: float) -> CommandResult | None:
        """Keeps a command for the reconnect, or says why not: there is no connection now."""
        if is_for_everyone(command):
            self._out[command.id] = _Errand(command, now, 0)
            return None
        text = "not sent: no connection to the engine; `mmtui kill` works without one"
        return CommandResult(id=command.id, status=CommandStatus.REFUSED, text=text, at=0.0)

    def answered(self, result: CommandResult) -> CommandResult | None:
        """The answer under the console's own id, None for what is not ours."""
        if not result.id.startswith(self._prefix):
            return None
        own_id = result.id.removeprefix(self._prefix)
        errand = self._out.get(own_id)
        if errand is None:
            return None
        if result.status is CommandStatus.ACCEPTED:
            self._out[own_id] = errand._replace(is_accepted=True)
        else:
            del self._out[own_id]
        return msgspec.structs.replace(result, id=own_id)

    def broken(self) -> list[CommandResult]:
        """What is to be said of the commands out, now that the connection is gone; the others wait for the next.

        Of what was accepted nothing is said: it is the engine's, and the next picture shows what came of it.
        """
        accepted = [own_id for own_id, errand in self._out.items() if errand.is_accepted]
        for own_id in accepted:
            del self._out[own_id]
        lost = [
            own_id for own_id, errand in self._out.items() if errand.times > 1 or not is_for_everyone(errand.command)
        ]
        return [self._unknown(own_id) for own_id in lost]

    def late(self, now: float) -> list[CommandResult]:
        """What has waited too long for a connection; it is not sent any more."""
        return [self._unknown(own_id) for own_id, errand in list(self._out.items()) if now - errand.at > FRESH_S]

    def again(self, nonce: str, now: float) -> tuple[list[Ask], list[CommandResult]]:
        """What is sent on the next connection, and what has waited too long for it."""
        late = self.late(now)
        asks = []
        for own_id, errand in tuple(self._out.items()):
            self._out[own_id] = errand._replace(times=errand.times + 1)
            asks.append(self._ask(errand.command, nonce))
        return asks, late

    def _ask(self, command: Command, nonce: str) -> Ask:
        renamed: Command = msgspec.structs.replace(command, id=self._prefix + command.id)
        return Ask(command=renamed, nonce=nonce)

    def _unknown(self, own_id: str) -> CommandResult:
        errand = self._out.pop(own_id)
        if not errand.times:
            text = "not sent: no connection in time; `mmtui kill` works without one"
            return CommandResult(id=own_id, status=CommandStatus.REFUSED, text=text, at=0.0)
        return CommandResult(id=own_id, status=CommandStatus.UNKNOWN, text=_LOST, at=0.0)

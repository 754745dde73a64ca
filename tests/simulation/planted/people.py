"""Bugs of kill, stop, switch, guard and of what people ask."""

import msgspec
import pytest

from mmtui.domain.commands import Rearm
from mmtui.engine.control import clearing, commanding, governing, guarding, switching
from mmtui.engine.control.switch import Switch
from mmtui.engine.quoting import cycle, pulling
from mmtui.runtime.shell import Shell
from tests.simulation.planted.table import bug

FAR_MS = 1 << 50


@bug("kill latch not written", "a kill ends with the process that it killed", "people")
def unlatched(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shell, "_keep", lambda self, failure, write: None)


@bug("kill does not cancel", "after a kill own orders go on resting", "people")
def idle_kill(patch: pytest.MonkeyPatch) -> None:
    send = pulling.send_cancels

    def unless_killed(state: object, out: object, orders: object) -> None:
        if state.control.killed is None:
            send(state, out, orders)

    patch.setattr(clearing, "send_cancels", unless_killed)
    patch.setattr(pulling, "send_cancels", unless_killed)


@bug("stop verifies with one query", "one look at the account is called proof", "people")
def one_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clearing, "CONFIRMATIONS", 1)


@bug("stop believes itself", "a stop is called verified without a look at the account", "people")
def no_look(patch: pytest.MonkeyPatch) -> None:
    describe = clearing._describe

    def at_once(state: object, clearance: object, undecided: int) -> None:
        describe(state, clearance, undecided)
        clearance.is_verified = True

    patch.setattr(clearing, "_describe", at_once)


@bug("pause leaves quotes resting", "quotes stay on the book in a mode that wants none", "people")
def resting_pause(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cycle, "pull_quotes", lambda state, out: None)


@bug("re-armed without a reason", "a kill is cleared by an empty word", "people")
def no_reason(patch: pytest.MonkeyPatch) -> None:
    rearm = commanding.rearm

    def willing(state: object, out: object, command: Rearm) -> None:
        rearm(state, out, msgspec.structs.replace(command, reason=command.reason.strip() or "because"))

    patch.setattr(commanding, "rearm", willing)


@bug("stale command accepted", "a position is closed for a picture half a minute old", "people")
def old_picture(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(commanding, "picture_age_s", lambda now, seen_at: 0.0)


@bug("edits not recorded", "a setting is in force that no record tells of", "people")
def unrecorded(patch: pytest.MonkeyPatch) -> None:
    applied = commanding._applied

    def silently(state: object, out: object, change: object, command_id: str) -> None:
        count = len(out._records)
        applied(state, out, change, command_id)
        del out._records[count:]

    patch.setattr(commanding, "_applied", silently)


@bug("no dead man's switch", "the exchange's switch is never set", "switch")
def no_switch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(switching, "advance", lambda state, out: None)


@bug("ordering before the switch is acknowledged", "orders go out on a switch that may never have arrived", "unguarded")
def unacknowledged(patch: pytest.MonkeyPatch) -> None:
    def hoped(self: Switch) -> int | None:
        times = [one.at_ms for one in self._settings.values() if one.at_ms is not None]
        return max(times, default=None)

    patch.setattr(Switch, "deadline_ms", hoped)


@bug("late switch renewal overwrites", "renewals do not expire, so that a late one shortens the switch", "switch")
def overwritten(patch: pytest.MonkeyPatch) -> None:
    made = switching.ScheduleCancel

    def lasting(**given: object) -> object:
        return made(**{**given, "expires_at_ms": FAR_MS})

    patch.setattr(switching, "ScheduleCancel", lasting)


@bug("switch taken off before the orders", "a stop takes the switch off while own orders rest", "switch")
def disarmed_early(patch: pytest.MonkeyPatch) -> None:
    begin = governing.begin_clearance

    def early(state: object, out: object) -> None:
        begin(state, out)
        switching.disarm(state, out, 3.0)

    patch.setattr(governing, "begin_clearance", early)


@bug("lost guard unnoticed", "orders go on although nothing would take them off", "guard lost")
def unnoticed(patch: pytest.MonkeyPatch) -> None:
    take = guarding.take_guard
    patch.setattr(guarding, "take_guard", lambda state, out, event: take(state, out, event) if event.is_armed else None)


BUGS = (
    unlatched, idle_kill, one_look, no_look, resting_pause, no_reason, old_picture, unrecorded, no_switch,
    unacknowledged, overwritten, disarmed_early, unnoticed,
)  # fmt: skip

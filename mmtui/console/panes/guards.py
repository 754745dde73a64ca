"""Which guards outside the engine would take our orders off if it died: in a few words, and in full.

Always says what is missing: an account without the exchange's switch keeps its orders when the whole
machine is lost, and whoever trades must see that (F64, F86).
"""

from mmtui.console.format import plain
from mmtui.console.rows import Glyphs, Line
from mmtui.domain.view import GuardView, View

_SWITCH = "switch"
_DIES_WITH_US = frozenset({"SIM", "REPLAY", "DRY-RUN"})


def banner(view: View, glyphs: Glyphs, *, is_wide: bool) -> Line:
    """For the first line; nothing where there is nothing to guard."""
    guards = view.engine.guards
    armed = [guard for guard in guards if guard.state == "armed"]
    if not armed:
        return () if view.session.run_kind in _DIES_WITH_US else (("NO GUARD", "bad"),)
    switch = next((guard for guard in armed if _SWITCH in guard.name), None)
    beside = any(guard is not switch for guard in armed)
    role = "label" if beside and switch is not None else "warn"
    first = "guard" if beside else "no guard process" if is_wide else "no guard"
    if switch is None:
        second = "no exchange switch" if is_wide else "no switch"
    else:
        second = "switch" if switch.expires_in_s is None else f"switch {switch.expires_in_s:.0f} s"
    between = f" {glyphs.track} " if glyphs.is_unicode else ", "
    return ((f"{first}{between}{second}", role),)


def in_full(view: View) -> Line:
    """For the health of the machine: every guard with its state, and why."""
    guards = view.engine.guards
    if not guards:
        return (("none", "warn"),)
    role = "text" if any(guard.state == "armed" for guard in guards) else "warn"
    return ((", ".join(map(_told, guards)), role),)


def _told(guard: GuardView) -> str:
    text = f"{plain(guard.name)} {plain(guard.state)}"
    if guard.state == "armed" and guard.expires_in_s is not None:
        text += f" {guard.expires_in_s:.0f} s"
    return f"{text} ({plain(guard.detail)})" if guard.detail else text

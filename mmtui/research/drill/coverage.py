"""What a set of seeds must have seen for its silence to mean anything.

Owns the lists: every kind of fault that was on, every mode, the denials and the risk rules that a world
can provoke. Denials that only a defect could provoke are proved by the tests of the controls instead.
"""

from mmtui.domain.view import Mode
from mmtui.research.drill.seeds import Total

FILLS_PER_HOUR = 20.0
STATES = ("Submitted", "Resting", "PartialFilled", "CancelPending", "Unknown", "Settling", "Filled", "Cancelled",
          "Rejected", "Lost")  # fmt: skip
DENIALS = ("POSITION", "DUPLICATE", "SELF_CROSS", "OFF_COLLAR", "OLD_DATA", "ADDS_RISK")
RULES = ("operator", "journal", "disk", "data age", "key refused", "divergence")


def missing(total: Total) -> list[str]:
    """What was never seen, in words."""
    found = [f"fault {kind}" for kind in total.never_fired]
    hours = total.simulated_s / 3600.0
    if not total.fills >= FILLS_PER_HOUR * hours:
        found.append(f"{FILLS_PER_HOUR:.0f} fills an hour, only {total.fills / hours if hours else 0.0:.1f}")
    found += [f"mode {mode.value}" for mode in Mode if not total.modes[mode.value]]
    found += [f"order state {state}" for state in STATES if not total.states[state]]
    found += [f"denial {name}" for name in DENIALS if not total.denials[name]]
    found += [f"rule {name}" for name in RULES if not total.rules[name]]
    return found

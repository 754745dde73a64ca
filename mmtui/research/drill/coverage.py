"""What a set of seeds must have seen for its silence to mean anything.

Owns the lists: every kind of fault, mode, order state, record, verb, denial and rule is wanted unless it is named
here with the reason why no world provokes it. What is named is proved by tests of its own.
"""

from collections import Counter
from collections.abc import Iterable

from mmtui.domain.commands import Verb
from mmtui.domain.order import OrderState
from mmtui.domain.records import Row
from mmtui.domain.view import Mode
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.seeds import Total
from mmtui.risk.controls import Denial

FILLS_PER_HOUR = 20.0
UPTIME_CALM = 0.995
UPTIME_UNDER_FAULTS = 0.90
WATCHED_LEAST_S = 1_800
RULES = (
    "data age", "disk", "divergence", "rate limited", "margin", "margin short", "expired", "open interest BUY",
    "open interest SELL", "leverage", "deposit", "withdrawal", "kill: operator", "kill: journal", "kill: disk",
    "kill: key refused", "kill: runaway", "kill: liquidation", "kill: auto-deleveraging", "kill: delisted",
    "kill: instrument changed", "kill: account mode changed", "kill: another engine trades this account",
    "kill: position value", "kill: day loss", "kill: drawdown", "kill: cascade", "kill: one-sided fills",
    "kill: rule mismatch", "kill: duplicate client order id", "cancel undelivered",
    "post-only window", "open orders", "price band", "estimate", "requests",
)  # fmt: skip
VERBS = (
    *(f"{verb.value} accepted" for verb in Verb if verb is not Verb.UNDO), "undo done", "undo refused",
    "flatten refused", "resume refused", "CancelSide accepted", "SetParameters done", "SetParameters refused",
    "Rearm done", "Rearm refused",
)  # fmt: skip
ELSEWHERE = {
    "denial VALVE_SHUT": "a mode that sends nothing asks for nothing; only a defect would",
    "denial OFF_GRID": "strategies round to the grid; only a defect would not",
    "denial BELOW_MINIMUM": "strategies leave levels below the minimum out",
    "denial NOTIONAL": "strategies size by the clip",
    "denial SIZE": "strategies size by the clip",
    "denial OPEN_ORDERS": "four times as many as a ladder has",
    "denial OPEN_NOTIONAL": "the position limit binds sooner",
    "denial NOT_POST_ONLY": "a quote is made post-only; only a defect would not",
    "denial CROSSES_MARKET": "strategies stay behind the touch they are given",
    "rule kill: day loss": "the limits of a world are wide, and only a person's edit makes them narrow",
    "rule kill: drawdown": "as for the day's loss",
    "rule kill: cascade": "markets here have no liquidations of others",
    "rule kill: one-sided fills": "a run that long is left to the markets of the tests",
    "rule kill: runaway": "twenty replacements of one level at one price in ten seconds; only a defect does it",
    "rule kill: position value": "its limit is far above what hands in a world trade",
    "rule kill: rule mismatch": "the rules here are the exchange's own",
    "rule kill: duplicate client order id": "ids are never used twice; only a defect would",
    "rule cancel undelivered": "faults end sooner than the two minutes that a world allows",
    "rule post-only window": "needs a flatten in one of the seldom windows",
    "rule open orders": "the exchange allows a thousand",
    "rule price band": "quotes stay far inside the exchange's band",
    "rule estimate": "needs minutes of prices that do not move",
    "rule requests": "needs the last twentieth of an allowance",
    "denial NO_REFERENCE": "a cycle needs a touch, and the mid is a reference",
}


def missing(total: Total) -> list[str]:
    """What was never seen, and what was too little, in words."""
    hours = total.simulated_s / 3600.0
    found = _lacking("fault", (kind.name for kind in Fault), total.faults)
    if not total.fills >= FILLS_PER_HOUR * hours:
        found.append(f"{FILLS_PER_HOUR:.0f} fills an hour, only {total.fills / hours if hours else 0.0:.1f}")
    found += _lacking("mode", (mode.value for mode in Mode), total.modes)
    found += _lacking("order state", (state.value for state in OrderState), total.states)
    found += _lacking("record", (kind.__name__ for kind in Row.__subclasses__()), total.records)
    found += _lacking("verb", VERBS, total.verbs)
    found += _lacking("denial", (denial.name for denial in Denial), total.denials)
    found += _lacking("rule", RULES, total.rules)
    return found + _downtime(total)


def _lacking(what: str, names: Iterable[str], seen: Counter[str]) -> list[str]:
    return [f"{what} {name}" for name in names if not seen[name] and f"{what} {name}" not in ELSEWHERE]


def _downtime(total: Total) -> list[str]:
    """Quotes stand nearly always while nothing is wrong, and mostly while faults are on (L5)."""
    found = []
    watched_s, quoted_s = total.watched_s.total(), total.quoted_s.total()
    if total.watched_s["calm"] >= WATCHED_LEAST_S and not total.uptime("calm") >= UPTIME_CALM:
        found.append(f"quotes {UPTIME_CALM:.1%} of calm time, only {total.uptime('calm'):.2%}")
    if watched_s >= WATCHED_LEAST_S and not quoted_s >= UPTIME_UNDER_FAULTS * watched_s:
        found.append(f"quotes {UPTIME_UNDER_FAULTS:.0%} of the time, only {quoted_s / watched_s:.1%}")
    return found

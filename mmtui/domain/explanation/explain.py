"""From a picture to reasons: each wanted or missing quote with its terms, their running sum and their inputs.

Reads the view and nothing else, so that an attached console, a script and a person see the same. Never
judges; a number that the view does not hold is left out.
"""

from collections.abc import Iterator

import msgspec

from mmtui.domain.explanation.notes import NOTES, REFERENCE_INPUTS, SIZE_INPUTS
from mmtui.domain.parameters import Value
from mmtui.domain.view import LevelView, Mode, View

SCHEMA = 1
BPS = 1e4
SIDES = ("BUY", "SELL")


class Input(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One number, word or switch that a term is made of.

    ``provenance`` is how far an estimate may be trusted, ``source`` where a setting comes from; ``low`` and
    ``high`` are a 95 % interval where one is known.
    """

    name: str
    value: Value | None
    unit: str = ""
    provenance: str = ""
    source: str = ""
    age_s: float | None = None
    n_eff: float = 0.0
    low: float | None = None
    high: float | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One term: bps away from the other side, the sum and the price so far, and what it is made of."""

    name: str
    bps: float
    running_bps: float
    running_price: float
    meaning: str
    inputs: tuple[Input, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why one level is what it is; ``price`` is None for one that is absent, and then ``absent_because`` says why.

    ``level`` is -1 for a whole side. Prices in USD, sizes in base units.
    """

    side: str
    level: int
    price: float | None
    size: float
    reference: float
    reference_name: str
    reference_inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    size_because: str
    size_inputs: tuple[Input, ...]
    absent_because: str


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Every level at one moment, and what holds for both sides."""

    at: float
    coin: str
    mode: str
    mode_reason: str
    why_no_quotes: tuple[str, ...]
    levels: tuple[Explanation, ...]
    schema: int = SCHEMA


def explained(view: View, *, level: int | None = None, side: str = "") -> Explained:
    """All levels of a picture, or those of one index or side; best bid and ask first."""
    engine = view.engine
    inputs = inputs_of(view)
    chosen = [
        explanation_of(one, inputs)
        for one in sorted((*engine.levels, *missing_sides(view)), key=_order)
        if (level is None or one.level in (level, -1)) and (not side or one.side == side)
    ]
    return Explained(
        at=engine.at,
        coin=view.session.coin,
        mode=engine.mode.value,
        mode_reason=engine.mode_reason,
        why_no_quotes=engine.why_no_quotes,
        levels=tuple(chosen),
    )


def explanation_of(level: LevelView, inputs: dict[str, Input]) -> Explanation:
    """One level's steps."""
    side = "bid" if level.side == "BUY" else "ask"
    sign = 1 if level.side == "BUY" else -1
    steps, running = [], 0.0
    for term in level.terms:
        running += term.bps
        note = NOTES.get(term.name)
        steps.append(
            Step(
                name=term.name,
                bps=term.bps,
                running_bps=running,
                running_price=level.reference * (1.0 - sign * running / BPS),
                meaning=note.meaning if note else "",
                inputs=_picked(note.inputs if note else (), inputs, side),
            )
        )
    return Explanation(
        side=level.side,
        level=level.level,
        price=level.price,
        size=level.size,
        reference=level.reference,
        reference_name=level.reference_name,
        reference_inputs=_picked(REFERENCE_INPUTS, inputs, side) if level.price is not None else (),
        steps=tuple(steps),
        size_because=level.size_because,
        size_inputs=_picked(SIZE_INPUTS, inputs, side) if level.price is not None else (),
        absent_because=level.absent_because,
    )


def missing_sides(view: View) -> Iterator[LevelView]:
    """A row for each side of which the picture says nothing, with the reason that holds for all quotes."""
    engine = view.engine
    reasons = list(engine.why_no_quotes)
    if not reasons and engine.mode is not Mode.QUOTING:
        reasons = [f"{engine.mode.value}: {engine.mode_reason}".rstrip(": ")]
    if not engine.warmup.is_ready:
        waiting = [f"{name} {seen} of {needed}" for name, seen, needed in engine.warmup.parts if seen < needed]
        reasons += [f"warming up: {', '.join(waiting)}"] if waiting else []
    told = {level.side for level in engine.levels}
    for side in SIDES:
        if side not in told:
            yield LevelView(
                side=side,
                level=-1,
                price=None,
                size=0.0,
                reference=0.0,
                absent_because="; ".join(dict.fromkeys(reasons)) or "no cycle has run yet",
            )


def inputs_of(view: View) -> dict[str, Input]:
    """Every number that terms are made of, by the name the notes use."""
    engine = view.engine
    found = {
        row.name: Input(
            name=row.name,
            value=row.value,
            unit=row.unit,
            provenance=row.provenance,
            age_s=row.age_s,
            n_eff=row.n_eff,
            low=row.low,
            high=row.high,
        )
        for row in engine.estimates
    }
    live = {key for change in engine.parameter_changes for key in change.after}
    for key, value in engine.parameters.items():
        source = "live edit" if key in live else view.sources.get(key, "")
        found[key] = Input(name=key, value=value, source=source or "default")
    for one in (*_market(view), *_account(view)):
        found[one.name] = one
    return found


def _market(view: View) -> Iterator[Input]:
    ladder, feed = view.engine.ladder, view.engine.feed
    age_s = None if feed.book_age_ms is None else feed.book_age_ms / 1e3
    figures: tuple[tuple[str, float | None, str], ...] = (
        ("market.bid", ladder.bids[0].price if ladder.bids else None, "USD"),
        ("market.ask", ladder.asks[0].price if ladder.asks else None, "USD"),
        ("market.mid", ladder.mid, "USD"),
        ("market.spread_bps", ladder.spread_bps, "bp"),
        ("market.tick", ladder.tick, "USD"),
        ("market.book_age_ms", feed.book_age_ms, "ms"),
    )
    for name, value, unit in figures:
        if value is not None:
            yield Input(name=name, value=value, unit=unit, provenance="exchange", age_s=age_s)


def _account(view: View) -> Iterator[Input]:
    engine, position = view.engine, view.engine.position
    yield Input(name="account.position", value=position.size, unit="base", provenance="exchange")
    yield Input(name="account.limit", value=position.limit, unit="base", source=position.binding_cap)
    yield Input(name="account.utilisation", value=position.utilisation, provenance="exchange")
    if position.maker_rate is not None:
        yield Input(name="account.maker_rate", value=position.maker_rate, unit="fraction", provenance="exchange")
    if engine.alarms:
        yield Input(name="account.alarms", value="; ".join(alarm.text for alarm in engine.alarms))


def _picked(names: tuple[str, ...], inputs: dict[str, Input], side: str) -> tuple[Input, ...]:
    wanted = (name.format(side=side) for name in names)
    return tuple(inputs[name] for name in wanted if name in inputs)


def _order(level: LevelView) -> tuple[int, bool]:
    return level.level, level.side != "BUY"

"""A running engine in plain lines: what it stands at, and each thing that happened since the picture before.

For screen readers, pipes, logs and terminals without a cursor: one fact a line, no control character, no colour,
nothing drawn over. Pure but for what it remembers of the last picture.
"""

from collections.abc import Iterator

from mmtui.domain.view import Mode, View
from mmtui.runtime.files import utc_text
from mmtui.runtime.logs.lines import printable

NEAR_LIMIT = 0.8


class Spoken:
    """Tells pictures as lines, oldest first; the first picture tells no past."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before: View | None = None

    def lines(self, view: View) -> Iterator[str]:
        """Events since the last picture, then how it stands."""
        before, self._before = self._before, view
        if before is None:
            yield standing(view)
            yield from (f"  ALARM {printable(alarm.text)}" for alarm in view.engine.alarms)
            return
        yield from (f"  {line}" for line in happened(before, view))
        yield standing(view)


def standing(view: View) -> str:
    """What is traded, what the engine does, its quotes, position, money, limits that are near, and the data's age."""
    engine, session = view.engine, view.session
    why = f" ({printable(engine.mode_reason)})" if engine.mode_reason else ""
    own = " ".join(_own_quotes(view))
    near = [f"{printable(bar.name)} {bar.ratio:.0%} of its limit" for bar in engine.risk if not bar.ratio < NEAR_LIMIT]
    age_ms = engine.feed.book_age_ms
    parts = [
        f"{utc_text(engine.at)}  {printable(session.coin)} {session.network} {session.run_kind}",
        f"{engine.mode.value}{why}",
        f"quotes {engine.bids_quoted}+{engine.asks_quoted}{' ' + own if own else ''}",
        f"position {engine.position.size:+g} of {engine.position.limit:g}",
        f"pnl {engine.pnl.total:+,.2f} USD",
        f"fills {engine.counters.fills}",
        "no book" if age_ms is None else f"book {age_ms:.0f} ms old",
        *near,
    ]
    if engine.kill.is_fired:
        parts.append("KILL FIRED")
    return "  ".join(parts)


def _own_quotes(view: View) -> Iterator[str]:
    decimals = view.session.price_decimals
    ladder = view.engine.ladder
    for name, rows in (("bid", ladder.bids), ("ask", ladder.asks)):
        best = next((row for row in rows if row.own_size), None)
        if best is not None:
            yield f"{name} {best.own_size:g} at {best.price:.{decimals}f}"


def happened(before: View, view: View) -> Iterator[str]:
    """One line for each change between two pictures of the same run, or that it is another run."""
    old, new = before.engine, view.engine
    if before.session.run_id != view.session.run_id:
        yield f"STARTED run {printable(view.session.run_id)}"
        return
    if old.mode is not new.mode:
        why = f": {printable(new.mode_reason)}" if new.mode_reason else ""
        mark = "!! " if new.mode in (Mode.KILLED, Mode.STALE) else ""
        yield f"{mark}{old.mode.value} -> {new.mode.value}{why}"
    known = {alarm.id for alarm in old.alarms}
    yield from (f"ALARM {printable(alarm.text)}" for alarm in new.alarms if alarm.id not in known)
    open_now = {alarm.id for alarm in new.alarms}
    yield from (f"CLEARED {printable(alarm.text)}" for alarm in old.alarms if alarm.id not in open_now)
    last = max((line.seq for line in before.log), default=0)
    yield from (f"{printable(line.level)} {printable(line.text)}" for line in view.log if line.seq > last)

"""The tables of a report, in the words and units of people. Pure.

Money is printed from integers and in full, so that a column can be added up again.
"""

import math
from collections.abc import Sequence

from mmtui.domain.consultations import ReportSection
from mmtui.domain.history_view import Sample
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import UsdMicro, format_fixed
from mmtui.domain.view import View
from mmtui.runtime.consulting.report_rows import (
    Causes,
    Hour,
    Kept,
    average_price,
    causes,
    hours,
    inventory,
    order_ends,
    time_in_modes,
    volume,
)
from mmtui.runtime.files import utc_text

AT_LIMIT = 0.95
FILLED = ("Filled", "FilledImmediately", "FilledDuringCancel")
CAUSES = ("total", "edge at fills", "adverse selection", "inventory", "fees", "funding")
SEVERITY = {"KILL": "grave", "REARMED": "notice", "TRANSFER": "notice", "LEVERAGE": "notice", "MARGIN_ADDED": "notice"}
INCIDENTS_MAX, REASONS_MAX, ROWS_MAX = 200, 20, 100


def sections(kept: Kept, instrument: Instrument, view: View | None, now: float) -> tuple[ReportSection, ...]:
    """The whole report."""
    until = kept.session.ended_at or now
    return (
        _session(kept, until),
        _pnl(kept),
        _by_hour(kept, instrument),
        _trading(kept, instrument),
        _orders(kept),
        _markouts(view),
        _times(kept, view, until),
        _inventory(kept, instrument, view, until),
        _latency(view),
        _requests(view),
        _incidents(kept),
        _edits(kept),
    )


def money(amount: UsdMicro) -> str:
    """USD with a sign and all six decimals."""
    return ("" if amount < 0 else "+") + format_fixed(amount, 6)


def _session(kept: Kept, until: float) -> ReportSection:
    start = kept.session.start
    ended = kept.session.exit_reason or "ended" if kept.session.ended_at else "still running"
    rows = (
        ("run", start.run_id),
        ("market", f"{start.network} {start.coin}"),
        ("account", start.account),
        ("program", start.version),
        ("began", utc_text(start.started_at)),
        ("until", f"{utc_text(until)}, {ended}"),
        ("lasted", _duration(until - start.started_at)),
    )
    return ReportSection(title="Session", columns=("", ""), rows=rows)


def _pnl(kept: Kept) -> ReportSection:
    found = causes(kept.equity[-1]) if kept.equity else Causes()
    amounts = (found[0], *found[1:])
    traded = volume(kept.fills)
    rows = [
        (name, money(amount), f"{amount / traded * 1e4:+.3f}" if traded else ".")
        for name, amount in zip(CAUSES, amounts, strict=True)
    ]
    booked_fees = -sum(fill.fee for fill in kept.fills)
    booked_funding = sum(row.amount for row in kept.funding)
    rows.append(("fees of the fills booked", money(booked_fees), ""))
    rows.append(("funding booked", money(booked_funding), ""))
    note = f"last sampled {utc_text(kept.equity[-1].at)}" if kept.equity else "no sample of equity yet"
    return ReportSection(title="P&L by cause", columns=("cause", "USD", "bp of volume"), rows=tuple(rows), note=note)


def _by_hour(kept: Kept, instrument: Instrument) -> ReportSection:
    found = hours(kept)
    rows = [_hour(hour, instrument) for hour in found]
    if found:
        whole = Causes(*(sum(part) for part in zip(*(hour.causes for hour in found), strict=True)))
        fills, traded = sum(hour.fills for hour in found), sum(hour.volume for hour in found)
        rows.append(("all", *(money(amount) for amount in whole), str(fills), format_fixed(traded, 6), ""))
    columns = ("hour from (UTC)", *CAUSES, "fills", "volume USD", "position after")
    return ReportSection(title="P&L by hour", columns=columns, rows=tuple(rows), note="USD")


def _hour(hour: Hour, instrument: Instrument) -> tuple[str, ...]:
    position = format_fixed(hour.position, instrument.size_decimals)
    amounts = (money(amount) for amount in hour.causes)
    return (utc_text(hour.begins_at)[:16], *amounts, str(hour.fills), format_fixed(hour.volume, 6), position)


def _trading(kept: Kept, instrument: Instrument) -> ReportSection:
    rows = []
    for side, word in ((Side.BUY, "bought"), (Side.SELL, "sold")):
        count, size, average = average_price(kept.fills, side)
        own = [fill for fill in kept.fills if fill.side is side]
        price = f"{average / instrument.price_scale:.{instrument.price_decimals}f}" if average is not None else "."
        rows.append((word, str(count), format_fixed(size, instrument.size_decimals), price,
                     format_fixed(volume(own), 6), _maker(own)))  # fmt: skip
    size = sum(fill.size for fill in kept.fills)
    rows.append(("both", str(len(kept.fills)), format_fixed(size, instrument.size_decimals), "",
                 format_fixed(volume(kept.fills), 6), _maker(kept.fills)))  # fmt: skip
    columns = ("side", "fills", f"size {instrument.asset}", "average price", "volume USD", "maker share")
    return ReportSection(title="Trading", columns=columns, rows=tuple(rows), note="own fills of this session")


def _maker(fills: Sequence[object]) -> str:
    makers = sum(not getattr(fill, "is_taker", False) for fill in fills)
    return f"{makers / len(fills):.1%}" if fills else "."


def _orders(kept: Kept) -> ReportSection:
    ends, refused = order_ends(kept.orders)
    count = sum(ends.values())
    filled = sum(ends[state] for state in FILLED)
    rows = [("sent", str(count), ""), ("filled whole", str(filled), f"{filled / count:.1%}" if count else ".")]
    rows += [(state, str(n), f"{n / count:.1%}") for state, n in ends.most_common() if state not in FILLED]
    rows += [(f"refused: {reason}", str(n), f"{n / count:.1%}") for reason, n in refused.most_common(REASONS_MAX)]
    return ReportSection(
        title="Orders", columns=("last known state", "orders", "share"), rows=tuple(rows), note="by order"
    )


def _markouts(view: View | None) -> ReportSection:
    found = view.engine.markouts if view is not None else ()
    rows = [
        (row.side, "all" if row.level is None else str(row.level), f"{row.horizon_s:g} s", str(row.n),
         f"{row.edge_bps:+.3f}", f"{-row.adverse_bps:+.3f}", f"{row.markout_bps:+.3f}",
         f"{row.low_bps:+.3f} to {row.high_bps:+.3f}")
        for row in found if row.n
    ]  # fmt: skip
    columns = ("side", "level", "after", "fills", "edge", "adverse", "markout", "95 % range")
    note = "bp of the mid; the engine's forgetting averages"
    return ReportSection(title="Markouts", columns=columns, rows=tuple(rows), note=note)


def _times(kept: Kept, view: View | None, until: float) -> ReportSection:
    began = kept.session.start.started_at
    spent = time_in_modes(kept.modes, began, until)
    whole = math.fsum(spent.values())
    rows = [(name, _duration(seconds), f"{seconds / whole:.1%}") for name, seconds in spent.items()]
    if view is not None:
        rows.append(("quotes on both sides, of the time since ready", "", f"{view.engine.quote_uptime:.1%}"))
        samples = _samples(view)
        known = [sample for sample in samples if sample.limit]
        if known:
            full = sum(abs(sample.position) >= AT_LIMIT * (sample.limit or 0.0) for sample in known)
            rows.append((f"at a position limit (over {AT_LIMIT:.0%} of it)", "", f"{full / len(known):.1%}"))
    return ReportSection(title="Time", columns=("mode", "for", "share"), rows=tuple(rows))


def _samples(view: View) -> tuple[Sample, ...]:
    return view.histories.coarse or view.histories.fine


def _inventory(kept: Kept, instrument: Instrument, view: View | None, until: float) -> ReportSection:
    found = inventory(kept, until)
    if found is None:
        return ReportSection(title="Inventory", columns=("", ""), rows=())
    places, scale = instrument.size_decimals, instrument.size_scale
    rows = [
        ("highest", format_fixed(found.high, places)),
        ("lowest", format_fixed(found.low, places)),
        ("mean over time", f"{found.mean / scale:+.{places}f}"),
        ("deviation over time", f"{found.deviation / scale:.{places}f}"),
        ("last", format_fixed(found.last, places)),
    ]
    if view is not None and view.engine.position.limit:
        rows.append(("limit now", f"{view.engine.position.limit:.{places}f}"))
    rows += [
        (f"corrected {utc_text(row.at)}", f"{format_fixed(row.before, places)} to {format_fixed(row.after, places)}")
        for row in kept.adjustments[-ROWS_MAX:]
    ]
    return ReportSection(title="Inventory", columns=("", instrument.asset), rows=tuple(rows))


def _latency(view: View | None) -> ReportSection:
    found = view.latency if view is not None else ()
    rows = [(row.name, _ms(row.p50), _ms(row.p99), _ms(row.longest), _ms(row.limit)) for row in found]
    columns = ("what", "p50 ms", "p99 ms", "longest ms", "limit ms")
    return ReportSection(title="Latency", columns=columns, rows=tuple(rows), note="of the last minute")


def _ms(value: float | None) -> str:
    return "." if value is None else f"{value:.2f}"


def _requests(view: View | None) -> ReportSection:
    if view is None:
        return ReportSection(title="Requests", columns=("", ""), rows=())
    budget, counters = view.engine.budget, view.engine.counters
    rows = [
        ("actions in the last minute", str(budget.actions_last_min)),
        ("refused for rate", str(counters.rate_limit_errors)),
        ("held back by our own limits", str(counters.denials)),
    ]
    if budget.requests_left is not None:
        rows.append(("requests the venue leaves this account", str(budget.requests_left)))
    if budget.requests_per_fill is not None:
        rows.append(("requests a fill", f"{budget.requests_per_fill:.1f}"))
    if budget.usd_per_request is not None:
        rows.append(("USD traded a request", f"{budget.usd_per_request:.2f}"))
    if budget.hours_to_throttle is not None:
        rows.append(("hours until throttled, at this pace", f"{budget.hours_to_throttle:.1f}"))
    return ReportSection(title="Requests", columns=("", ""), rows=tuple(rows))


def _incidents(kept: Kept) -> ReportSection:
    found = kept.risk[-INCIDENTS_MAX:]
    rows = [(utc_text(row.at), SEVERITY.get(row.code, "warning"), row.code, row.monitor, row.text) for row in found]
    older = len(kept.risk) - len(found)
    note = f"the newest {len(found)}; {older} older are in the journal" if older else ""
    columns = ("time", "severity", "code", "monitor", "what")
    return ReportSection(title="Incidents", columns=columns, rows=tuple(rows), note=note)


def _edits(kept: Kept) -> ReportSection:
    rows = []
    for row in kept.edits[-ROWS_MAX:]:
        changes = ", ".join(f"{key} {row.before.get(key)} to {value}" for key, value in row.after.items())
        rows.append((f"v{row.version}", utc_text(row.at), row.by, changes))
    return ReportSection(title="Parameter versions", columns=("version", "time", "by", "change"), rows=tuple(rows))


def _duration(seconds: float) -> str:
    whole = int(max(seconds, 0.0))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"

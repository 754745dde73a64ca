"""The end state of a run for scripts and tests."""

from pathlib import Path

import msgspec

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.intents import Finish
from mmtui.domain.view import SCHEMA, EngineView, MarkoutView
from mmtui.errors import ExitCode
from mmtui.runtime.files import replace_file

_NAMES = {
    "sigma": ("sigma",),
    "kappa": ("kappa_bid", "kappa_ask"),
    "A": ("A_bid", "A_ask"),
    "microprice": ("microprice",),
    "jump_ratio": ("jump_ratio",),
    "book_imbalance": ("book_imbalance",),
    "flow_imbalance": ("flow_imbalance",),
}


def is_clear(finish: Finish) -> bool:
    """Whether it was verified that no own order rests."""
    return not finish.unverified and finish.orders_left == 0


def exit_code(finish: Finish | None, *, crashed: bool) -> ExitCode:
    """Orders that may remain outrank a kill, which outranks a crash."""
    if finish is not None and not is_clear(finish):
        return ExitCode.ORDERS_MAY_REMAIN
    if finish is not None and finish.is_killed:
        return ExitCode.KILLED
    return ExitCode.CRASH if crashed else ExitCode.CLEAN


def last_words(view: EngineView | None, finish: Finish, *, is_latched: bool) -> str:
    """How a run ended, in one line for whoever was looking at its console; with what is to be done, if anything."""
    words = [finish.exit_reason or "stopped"]
    if view is not None:
        words.append(f"position {view.position.size:+g}, P&L {view.pnl.total:+,.2f} USD")
    if is_clear(finish):
        words.append("no own order rests, asked twice")
    else:
        count = str(finish.orders_left or "some")
        words.append(f"{count} own orders may rest: run `mmtui cancel-all`")
    if is_latched:
        words.append("the next start needs `mmtui resume`")
    return "; ".join(words)


def write_summary(path: Path, view: EngineView | None, finish: Finish | None, reason: str, code: ExitCode) -> None:
    """Writes the summary, whole or not at all."""
    replace_file(path, msgspec.json.format(msgspec.json.encode(summary(view, finish, reason, code))) + b"\n")


def summary(view: EngineView | None, finish: Finish | None, reason: str, code: ExitCode) -> dict[str, object]:
    """The object that is written; ``view`` is None when the engine never started."""
    seen = view or EngineView(at=0.0)
    pnl = seen.pnl
    return {
        "schema": SCHEMA,
        "mode": seen.mode.value,
        "exit_code": int(code),
        "exit_reason": reason,
        "fills": seen.counters.fills,
        "position": seen.position.size,
        "orders_left": finish.orders_left if finish else seen.bids_quoted + seen.asks_quoted,
        "pnl": {
            "total": pnl.total,
            "spread_capture": pnl.spread_capture,
            "adverse_selection": pnl.adverse_selection,
            "inventory": pnl.inventory,
            "fees": pnl.fees,
            "funding": pnl.funding,
            "equity_change": pnl.equity_change,
        },
        "quote_uptime": seen.quote_uptime,
        "queue": {
            "horizon_s": seen.queue.horizon_s,
            "predictions": seen.queue.n,
            "abandoned": seen.queue.abandoned,
            "filled": seen.queue.filled,
            "brier_reference": seen.queue.reference,
            "brier_touch": seen.queue.brier_touch,
            "brier_intensity": seen.queue.brier_intensity,
        },
        "estimates": {name: _estimate(seen.estimates, names) for name, names in _NAMES.items()},
        "markouts": [_markout(row) for row in seen.markouts if row.level is None],
        "orders_placed": seen.counters.orders_placed,
        "volume_bought": seen.counters.volume_bought,
        "volume_sold": seen.counters.volume_sold,
    }


def _markout(row: MarkoutView) -> dict[str, object]:
    return {
        "side": row.side,
        "horizon_s": row.horizon_s,
        "n": row.n,
        "dropped": row.dropped,
        "edge_bps": row.edge_bps,
        "adverse_bps": row.adverse_bps,
        "markout_bps": row.markout_bps,
        "low_bps": row.low_bps,
        "high_bps": row.high_bps,
    }


def _estimate(rows: tuple[EstimateView, ...], names: tuple[str, ...]) -> dict[str, object] | None:
    found = [row for row in rows if row.name in names]
    if not found:
        return None
    worst = next((row.provenance for row in found if row.provenance != "learned"), found[0].provenance)
    return {
        "value": sum(row.value for row in found) / len(found),
        "unit": found[0].unit,
        "provenance": worst,
    }

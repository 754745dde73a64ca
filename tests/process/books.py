"""Whether the books agree: what the journal holds over all its sessions against what the exchange did."""

import collections
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from eth_account import Account

from mmtui.domain.cloid import is_ours
from mmtui.journal.reader import JournalReader
from tests.process.programs import KEY, Programs

ACCOUNT = Account.from_key(KEY).address.lower()
SIZE_UNITS = 1e5  # BTC has five decimals
MICRO = 1e6

Key = tuple[int, int, int]


def journal_path(programs: Programs) -> Path:
    """The journal of the market that the tests trade."""
    (path,) = (programs.folder / "state" / "mmtui").glob("localhost-BTC-*.journal.sqlite")
    return path


def booked(programs: Programs) -> list[dict[str, Any]]:
    """Every fill in the journal, of all sessions, in order of booking."""
    with contextlib.closing(sqlite3.connect(f"file:{journal_path(programs)}?mode=ro", uri=True)) as rows:
        rows.row_factory = sqlite3.Row
        return [dict(row) for row in rows.execute("SELECT * FROM fills ORDER BY seq")]


def filled(programs: Programs) -> list[dict[str, Any]]:
    """Every fill of the account, as the exchange tells it."""
    return list(programs.info({"type": "userFills", "user": ACCOUNT}))


def account(programs: Programs) -> tuple[float, float]:
    """Position in base units and cash in USD, as the exchange tells them."""
    state = programs.info({"type": "clearinghouseState", "user": ACCOUNT, "dex": ""})
    position = next((float(row["position"]["szi"]) for row in state["assetPositions"]), 0.0)
    return position, float(state["marginSummary"]["totalRawUsd"])


def own_orders(programs: Programs) -> list[dict[str, Any]]:
    """Orders of this program that rest at the exchange."""
    return [order for order in programs.orders(ACCOUNT) if is_ours(order.get("cloid"))]


def differences(programs: Programs) -> list[str]:
    """What the journal and the exchange do not agree on, in words; call when nothing can fill any more."""
    ours = booked(programs)
    keys = [_booked_key(row) for row in ours]
    theirs = {_filled_key(fill): fill for fill in filled(programs)}
    wrong = [f"booked {count} times: {key}" for key, count in collections.Counter(keys).items() if count > 1]
    wrong += [f"lost: {theirs[key]}" for key in theirs.keys() - set(keys)]
    wrong += [f"invented: {key}" for key in set(keys) - theirs.keys()]
    fees, their_fees = sum(row["fee"] for row in ours), sum(round(float(f["fee"]) * MICRO) for f in theirs.values())
    if fees != their_fees:
        wrong.append(f"fees {fees} and {their_fees}")
    position, cash = account(programs)
    if ours and (ours[-1]["position"], ours[-1]["cash"]) != (round(position * SIZE_UNITS), round(cash * MICRO)):
        wrong.append(f"{ours[-1]['position']} held for {ours[-1]['cash']}, the exchange says {position} for {cash}")
    return wrong


def assert_books_agree(programs: Programs) -> None:
    """Nothing of ours rests, every fill is booked once, and every session's rows are as they were written."""
    assert own_orders(programs) == []
    assert differences(programs) == []
    with JournalReader(journal_path(programs)) as journal:
        for session in journal.sessions():
            assert sum(1 for _ in journal.records(session.start.run_id)) > 0


def _booked_key(row: dict[str, Any]) -> Key:
    return row["venue_time_ms"], row["tid"], row["oid"]


def _filled_key(fill: dict[str, Any]) -> Key:
    return fill["time"], fill["tid"], fill["oid"]

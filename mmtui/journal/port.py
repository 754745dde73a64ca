"""The journal port: where the engine's records go and when they are safe.

Owns the protocol that the SQLite journal and the in-memory one share, and the two structures that
describe a session. Never decides what is recorded.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from mmtui.domain.parameters import Value
from mmtui.domain.records import Record
from mmtui.domain.units import UsdMicro

OnSynced: TypeAlias = Callable[[], None]
OnError: TypeAlias = Callable[[str], None]


class SessionStart(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the program; ``settings`` is its snapshot without secrets. ``started_at`` is epoch seconds."""

    run_id: str
    started_at: float
    version: str
    network: str
    account: str
    coin: str
    settings: dict[str, Value]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is kept; ``ended_at`` is None while it runs and after a crash."""

    start: SessionStart
    ended_at: float | None
    exit_reason: str


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over fills and equity samples; USD in millionths, costs positive."""

    fills: int = 0
    volume: UsdMicro = 0
    fees: UsdMicro = 0
    funding: UsdMicro = 0
    pnl: UsdMicro = 0


class Journal(Protocol):
    """Keeps records in order; ``append`` never waits for a disk."""

    @property
    def synced_seq(self) -> int:
        """The highest sequence number known to be durable; 0 before the first."""
        ...

    @property
    def failure(self) -> str:
        """Why nothing more is accepted; empty while all is well."""
        ...

    def begin_session(self, start: SessionStart) -> int:
        """Opens a session: later records belong to it. Returns its sequence number."""
        ...

    def append(self, rows: Sequence[Record]) -> int:
        """Takes records, in order; returns the sequence number of the last one.

        After a failure the records are dropped and their number never becomes synced.
        """
        ...

    def when_synced(self, seq: int, callback: OnSynced) -> None:
        """Calls ``callback`` on the caller's loop once ``seq`` is durable; at once when it is already."""
        ...

    def waiting_s(self, now: float) -> float:
        """Seconds that the oldest row not yet durable has waited, by the loop's clock; 0 after a failure."""
        ...

    def end_session(self, ended_at: float, exit_reason: str) -> int:
        """Closes the session."""
        ...

    def close(self) -> None:
        """Makes everything accepted durable and lets go of the file; waits for the writer."""
        ...

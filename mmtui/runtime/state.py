"""The small files that outlive a run: kill latch, kill file, the day's opening.

Owns the state folder and its layout: everything of one market, ``NETWORK-COIN-ACCOUNT``, starts
with that id. Files are mode 0600 and replaced atomically. Never reads a clock and never talks to an
exchange. Answers S57, S64 and ruling 16.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mmtui.domain.intents import Latch, SaveDay
from mmtui.errors import JournalError, LatchedError
from mmtui.estimators.memory import PanelMemory
from mmtui.runtime.files import read_small_file, replace_file, sync_folder, utc_text

ESTIMATORS_SIZE_MAX = 4 * 1024 * 1024
KILL_FILE_SIZE_MAX = 64 * 1024
KILL_REASON_MAX = 500
FIGURE_MAX = 2**62
RESERVE_BYTES = 16 * 1024
PRIVATE = 0o700
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]")


class LatchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A kill as it is kept; ``at`` is epoch seconds."""

    reason: str
    detail: str
    position_base: float
    at: float
    schema: int = 1


class Clearing(msgspec.Struct):
    """A line of the latches' history, as far as a start needs it; epoch seconds."""

    cleared_at: float
    killed: LatchRecord | None = None


def state_folder(environment: Mapping[str, str], *, is_needed: bool = True) -> Path:
    """``$XDG_STATE_HOME/mmtui``, made with mode 0700; raises JournalError when it cannot be used.

    Where it is not needed its path is enough: what takes orders off the book must not wait for a disk.
    """
    home = environment.get("XDG_STATE_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".local/state")
    folder = Path(home) / "mmtui"
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != PRIVATE:
            folder.chmod(PRIVATE)
        if is_needed and not os.access(folder, os.W_OK):
            raise OSError(errno.EROFS, "it cannot be written")
    except OSError as error:
        if not is_needed:
            return folder
        raise JournalError(
            f"the state folder {folder} cannot be used: {error.strerror}",
            remedy="set XDG_STATE_HOME to a folder that you own",
        ) from None
    return folder


def market_id(network: str, coin: str, account: str) -> str:
    """The short name of one market of one account, such as ``testnet-BTC-3f2a91cd``."""
    who = account.lower().removeprefix("0x")[:8] or "local"
    return "-".join(_UNSAFE.sub("_", part) for part in (network, coin, who))


class MarketFiles:
    """The files of one market."""

    __slots__ = ("folder", "market")

    def __init__(self, folder: Path, market: str) -> None:
        self.folder = folder
        self.market = market

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return self.folder / f"{self.market}.journal.sqlite"

    @property
    def kill_file(self) -> Path:
        """Making this file by any means kills a running engine."""
        return self.folder / f"{self.market}.kill"

    @property
    def guard_reports(self) -> Path:
        """What the guard process did, a line each time."""
        return self.folder / f"{self.market}.guard.jsonl"

    @property
    def socket(self) -> Path:
        """Where a running engine listens for consoles."""
        return self.folder / f"{self.market}.sock"

    @property
    def recordings(self) -> Path:
        """The folder of every market's recordings."""
        return self.folder / "recordings"

    def latch(self, intent: Latch) -> None:
        """Latches a kill: durable when this returns."""
        record = LatchRecord(
            reason=intent.reason, detail=intent.detail, position_base=intent.position_base, at=intent.at
        )
        data = msgspec.json.encode(record)
        try:
            self._replace("latch.json", data)
        except JournalError:
            with contextlib.suppress(OSError):
                self._path("reserve").unlink(missing_ok=True)
            self._replace("latch.json", data)

    def keep_room(self) -> None:
        """Sets space aside that a latch takes when the disk is full; raises JournalError when there is none."""
        if not self._path("reserve").exists():
            self._replace("reserve", bytes(RESERVE_BYTES))

    def latched(self) -> LatchRecord | None:
        """The latched kill; a damaged latch is a latch."""
        data = self._read("latch.json")
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=LatchRecord)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return LatchRecord(reason="unknown", detail="the latch file is damaged", position_base=0.0, at=0.0)

    def refuse_if_latched(self) -> None:
        """Raises LatchedError while a kill is latched."""
        record = self.latched()
        if record is None:
            return
        since = f" at {utc_text(record.at)}" if record.at else ""
        detail = f" ({record.detail})" if record.detail else ""
        raise LatchedError(
            f"{self.market} was killed{since}: {record.reason}{detail}; position then {record.position_base:g}",
            remedy="look into it, then clear it with `mmtui resume --reason TEXT`",
        )

    def clear_latch(self, *, reason: str, by: str, at: float) -> None:
        """Removes the latch and adds who did so and why to the history beside it; ``at`` is epoch seconds."""
        assert reason.strip(), "a cleared kill needs a reason"
        record = self.latched()
        if record is None:
            return
        line = {"killed": msgspec.to_builtins(record), "cleared_at": at, "by": by, "reason": reason}
        self._append_history(line)
        self._path("latch.json").unlink(missing_ok=True)
        sync_folder(self.folder)

    def ask_kill(self, reason: str) -> None:
        """Asks a running engine to kill itself."""
        replace_file(self.kill_file, reason.encode())

    def kill_asked(self) -> str | None:
        """The reason given in the kill file, None while there is none."""
        try:
            data, _ = read_small_file(self.kill_file, KILL_FILE_SIZE_MAX)
            text = data.decode("utf-8", errors="replace").strip()[:KILL_REASON_MAX]
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            text = ""
        return text or "the kill file was made"

    def withdraw_kill(self) -> None:
        """Removes the kill file, once the kill is latched; raises JournalError when it will not go."""
        try:
            self.kill_file.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(f"{self.kill_file} cannot be removed: {error.strerror}", remedy="remove it") from None

    def save_day(self, day: SaveDay) -> None:
        """Keeps the day's opening equity and peak."""
        self._replace("day.json", msgspec.json.encode(day))

    def day(self) -> SaveDay | None:
        """What ``save_day`` kept last; raises JournalError when it is damaged."""
        data = self._read("day.json")
        if data is None:
            return None
        try:
            day = msgspec.json.decode(data, type=SaveDay)
            figures = (day.utc_day, day.opening_equity, day.peak_pnl, day.pnl)
            if not all(-FIGURE_MAX < figure < FIGURE_MAX for figure in figures):
                raise ValueError("a figure that cannot be")
            return day
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise JournalError(
                f"{self._path('day.json')} is damaged, so the day's loss so far is not known",
                remedy="remove it: the limits then count from the equity at start",
            ) from None

    def save_estimators(self, memory: PanelMemory) -> None:
        """Keeps what the estimators have learned."""
        self._replace("estimators.json", msgspec.json.encode(memory))

    def estimators(self) -> PanelMemory | None:
        """What ``save_estimators`` kept last; None when there is none, it is damaged or of another version."""
        try:
            data, _ = read_small_file(self._path("estimators.json"), ESTIMATORS_SIZE_MAX)
            return msgspec.json.decode(data, type=PanelMemory)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            return None

    def cleared_at(self) -> float:
        """When a kill was cleared last, epoch seconds; 0 when none was."""
        return next((line.cleared_at for line in self._clearings()), 0.0)

    def is_cleared(self, reason: str, at: float) -> bool:
        """Whether this very kill was cleared, whatever the clocks said that day; ``at`` is when it says it fired."""
        return any(
            line.killed is not None and (line.killed.reason, line.killed.at) == (reason, at)
            for line in self._clearings()
        )

    def _clearings(self) -> Iterator[Clearing]:
        """The history of the latches, the last one first; a damaged line is passed over."""
        for line in reversed((self._read("latches.jsonl") or b"").splitlines()):
            with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
                yield msgspec.json.decode(line, type=Clearing)

    def set_aside_journal(self, at: float, *, reason: str, by: str) -> Path | None:
        """Renames a journal that cannot be used, with what belongs to it; returns its other name, if there is one.

        ``at`` is epoch seconds. Nothing is deleted; who did so and why joins the latches' history.
        """
        if not self.journal.exists():
            return None
        aside = self.folder / f"{self.market}.journal.set-aside-{at:.0f}.sqlite"
        for ending in ("-wal", "-shm", ""):
            part = self.journal.with_name(self.journal.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
        line = {"set_aside": aside.name, "cleared_at": at, "by": by, "reason": reason}
        self._append_history(line)
        return aside

    def _append_history(self, line: dict[str, object]) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._path("latches.jsonl"), flags, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(line) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self.folder)

    def _path(self, ending: str) -> Path:
        return self.folder / f"{self.market}.{ending}"

    def _read(self, ending: str) -> bytes | None:
        try:
            return self._path(ending).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JournalError(f"{self._path(ending)} cannot be read: {error.strerror}") from None

    def _replace(self, ending: str, data: bytes) -> None:
        replace_file(self._path(ending), data)

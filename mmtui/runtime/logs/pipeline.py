"""Logging: lines from the engine and from every module, to file, streams, screen and the console's tail.

Owns the thread that writes, so that the event loop never waits for a disk or a terminal, and the
redaction of every line. While the console runs nothing is written to the terminal. A full queue
drops lines and says how many. Answers F105; decisions.md ruling 29.
"""

import collections
import contextlib
import logging
import os
import queue
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from mmtui.domain.intents import Log, LogLevel
from mmtui.domain.parameters import Settings
from mmtui.domain.view import LogLine
from mmtui.errors import ConfigError
from mmtui.runtime.logs.files import RotatingFile, auto_name, trim
from mmtui.runtime.logs.lines import LevelFilter, Line, as_compact, as_json, as_pretty, takes_colour
from mmtui.runtime.redaction import Redactor

PENDING_MAX = 20_000
TAIL_LINES = 500
CLOSE_TIMEOUT_S = 5.0


class Logs:
    """The log of one run. ``screen`` is where lines go for people when there is no console."""

    def __init__(
        self,
        settings: Settings,
        *,
        levels: LevelFilter,
        redactor: Redactor,
        started_at: float,
        screen: TextIO | None = None,
    ) -> None:
        self._levels = levels
        self._redactor = redactor
        self._format = settings.text("logging.format")
        self._screen = screen
        self._inbox: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._tail: collections.deque[LogLine] = collections.deque(maxlen=TAIL_LINES)
        self._seq = self._dropped = 0
        self._lock = threading.Lock()
        self._files = _Files(settings, started_at, self._report)
        self._intake = _Intake(self._take)
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()
        root = logging.getLogger()
        root.addHandler(self._intake)
        root.setLevel(levels.lowest)

    @property
    def path(self) -> Path | None:
        """The log file, None without one."""
        return self._files.path

    def write(self, log: Log, at: float) -> None:
        """Takes a line of the engine; ``at`` is epoch seconds. Never blocks."""
        if self._levels.passes(log.target, log.level):
            line = Line(
                at=at, level=log.level, target=log.target, message=log.message, code=log.code, fields=log.fields
            )
            self._take(line)

    def clean(self, text: str) -> str:
        """``text`` with every known secret blanked, for what is written beside the log."""
        return self._redactor.clean(text)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What is blanked, for what a process of ours writes beside the log; never to be shown."""
        return self._redactor.forms

    def tail(self) -> tuple[LogLine, ...]:
        """The last lines, oldest first."""
        return tuple(self._tail)

    def show_on(self, screen: TextIO | None) -> None:
        """Where lines go for people from now on; None while a console owns the terminal."""
        self._screen = screen

    def close(self) -> None:
        """Writes what is waiting and stops taking lines."""
        logging.getLogger().removeHandler(self._intake)
        self._inbox.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    def _take(self, line: Line) -> None:
        if not self._levels.passes(line.target, line.level):
            return
        self._remember(line.at, line.level, self._redactor.clean(line.text))
        if self._inbox.qsize() >= PENDING_MAX:
            self._dropped += 1
        else:
            self._inbox.put(line)

    def _report(self, text: str) -> None:
        """A trouble of the log itself: shown in the tail, where the files can no longer say it."""
        self._remember(self._tail[-1].at if self._tail else 0.0, LogLevel.ERROR, text)

    def _remember(self, at: float, level: LogLevel, text: str) -> None:
        with self._lock:
            self._seq += 1
            self._tail.append(LogLine(seq=self._seq, at=at, level=level.name, text=text))

    def _write(self) -> None:
        while (line := self._inbox.get()) is not None:
            self._write_line(line)
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                message = "Log lines dropped: the disk or the terminal is too slow"
                self._write_line(
                    Line(
                        at=line.at,
                        level=LogLevel.WARN,
                        target="mmtui.runtime.logs",
                        message=message,
                        fields={"lines": dropped},
                    )
                )
            if self._inbox.empty():
                self._flush()
        self._flush()
        self._files.close()

    def _write_line(self, line: Line) -> None:
        text = self._redactor.clean(self._formatted(line, is_coloured=False))
        self._files.write(line, text)
        screen = self._screen
        if screen is None:
            return
        with contextlib.suppress(OSError, ValueError):  # a closed pipe or terminal ends nobody's trading
            is_coloured = self._format != "json" and takes_colour(screen, os.environ)
            shown = self._redactor.clean(self._formatted(line, is_coloured=True)) if is_coloured else text
            screen.write(shown + "\n")

    def _formatted(self, line: Line, *, is_coloured: bool) -> str:
        if self._format == "json":
            return as_json(line)
        form = as_compact if self._format == "compact" else as_pretty
        return form(line, is_coloured=is_coloured)

    def _flush(self) -> None:
        self._files.flush()
        screen = self._screen
        if screen is not None:
            with contextlib.suppress(OSError, ValueError):
                screen.flush()


class _Files:
    """The log file and, with ``multi_stream``, one more file for each subsystem that logs."""

    def __init__(self, settings: Settings, started_at: float, on_error: Callable[[str], None]) -> None:
        self._on_error = on_error
        self._bytes_max = int(settings.number("logging.max_mb") * 1_000_000)
        self._total_max = int(settings.number("logging.total_mb") * 1_000_000)
        self._untrimmed = 0
        self._folder = Path(settings.text("logging.dir")).expanduser()
        self._stem = auto_name(
            network=settings.text("network.base_url"),
            dex=settings.text("trading.dex"),
            asset=settings.text("trading.asset"),
            started_at=started_at,
        )
        name = settings.text("logging.file")
        self.path = self._folder / f"{self._stem}.log" if name == "auto" else Path(name).expanduser() if name else None
        self._main = self._opened(self.path) if self.path else None
        self._streams: dict[str, RotatingFile] | None = {} if settings.flag("logging.multi_stream") else None
        if self._streams is not None:
            self._streams["engine"] = self._opened(self._stream_path("engine"))
        self._trim()

    def write(self, line: Line, text: str) -> None:
        self._untrimmed += len(text)
        if self._untrimmed > min(self._bytes_max, self._total_max) // 4:
            self._trim()
        if self._main is not None:
            self._main.write(text)
        if self._streams is None:
            return
        if line.room not in self._streams:
            try:
                self._streams[line.room] = self._opened(self._stream_path(line.room))
            except ConfigError as error:
                self._streams = None
                self._on_error(str(error))
                return
        self._streams[line.room].write(text)

    def flush(self) -> None:
        for file in self._all():
            file.flush()

    def close(self) -> None:
        for file in self._all():
            file.close()

    def _trim(self) -> None:
        """Keeps the folder of the logs within its bound; a log named by a person elsewhere rotates and that is all."""
        self._untrimmed = 0
        files, freed = trim(self._folder, self._total_max, frozenset(file.path for file in self._all()))
        if files:
            self._on_error(f"logs trimmed: {files} old files, {freed / 1e6:.0f} MB")

    def _all(self) -> list[RotatingFile]:
        return [*([self._main] if self._main else []), *(self._streams or {}).values()]

    def _opened(self, path: Path) -> RotatingFile:
        return RotatingFile(path, bytes_max=self._bytes_max, on_error=self._on_error)

    def _stream_path(self, room: str) -> Path:
        return self._folder / f"{self._stem}.{room}.log"


class _Intake(logging.Handler):
    """Takes the records of the standard library's loggers, ours and our libraries'."""

    def __init__(self, take: Callable[[Line], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # a call whose arguments do not fit its text is still a line
            message = f"{record.msg} {record.args}"
        if record.exc_info and record.exc_info[0] is not None:
            message = f"{message}\n{''.join(traceback.format_exception(*record.exc_info)).rstrip()}"
        level = max(known for known in LogLevel if known <= max(record.levelno, LogLevel.TRACE))
        fields = getattr(record, "fields", {})
        code = getattr(record, "code", "")
        self._take(Line(at=record.created, level=level, target=record.name, message=message, code=code, fields=fields))

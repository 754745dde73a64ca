"""Where a replay stands in its time, and how it moves. Time passes by a clock that is handed in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from mmtui.domain.standing import Played
from mmtui.runtime.replay.film import Film

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
DAY_S = 86_400.0
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_OFFSET = re.compile(r"([+-])(\d+)([sm]?)")


class FilmPlayer:
    """Plays a film; at its end, or as far as it is ready, time stands still."""

    def __init__(self, film: Film, seconds: Callable[[], float]) -> None:
        self._film = film
        self._seconds = seconds
        self._speed = 1.0
        self._is_paused = False
        self._at = film.times[0] if film.times else 0.0
        self._since = seconds()

    def played(self) -> Played:
        """Where it stands now."""
        film = self._film
        return Played(
            at=self.at(),
            from_at=film.times[0] if film.times else 0.0,
            ready_to=film.times[-1] if film.times else 0.0,
            speed=self._speed,
            is_paused=self._is_paused,
            is_complete=film.is_complete,
        )

    def at(self) -> float:
        """The replayed time."""
        film, now = self._film, self._seconds()
        if not film.times:
            return 0.0
        if not self._is_paused:
            self._at += (now - self._since) * self._speed
        self._since = now
        if self._at > film.times[-1] and film.is_complete:
            self._is_paused = True
        self._at = min(max(self._at, film.times[0]), film.times[-1])
        return self._at

    def toggle(self) -> str:
        """Pause or go on; at the end it begins again."""
        at = self.at()
        if self._is_paused and self._film.is_complete and self._film.times and at >= self._film.times[-1]:
            self._at = self._film.times[0]
        self._is_paused = not self._is_paused
        return ""

    def change_speed(self, step: int) -> str:
        """The next speed of the list."""
        self.at()
        place = SPEEDS.index(self._speed) + step
        self._speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]
        return ""

    def step(self, seconds: float) -> str:
        """On or back; single steps pause, since whoever takes them looks."""
        at = self.at()
        if abs(seconds) <= 1.0:
            self._is_paused = True
        return self._move(at + seconds)

    def jump(self, kind: str, direction: int) -> str:
        """To an event; pauses there."""
        found = self._film.event(kind, self.at(), direction)
        if found is None:
            where = "later" if direction > 0 else "earlier"
            return f"no {where} {kind}" + ("" if self._film.is_complete or direction < 0 else " so far")
        self._is_paused = True
        return self._move(found)

    def go_to(self, words: str) -> str:
        """To a time in words."""
        at, text = self.at(), words.strip().lower()
        times = self._film.times
        if not times:
            return "nothing can be seen yet"
        if text in ("start", "end"):
            return self._move(times[0] if text == "start" else times[-1])
        offset = _OFFSET.fullmatch(text)
        if offset is not None:
            seconds = float(offset[2]) * (60.0 if offset[3] == "m" else 1.0)
            return self._move(at + (seconds if offset[1] == "+" else -seconds))
        clock = _CLOCK.fullmatch(text)
        if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59 or int(clock[3] or 0) > 59:
            return f"no time {words!r}: use HH:MM:SS, +90, -5m, start or end"
        return self._move(self._nearest(int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)))

    def _nearest(self, second: float) -> float:
        """The time of day on that day of the film that lies in it, else nearest to it."""
        first, last = self._film.times[0], self._film.times[-1]
        midnight = datetime.fromtimestamp(first, UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        days = [midnight + second + DAY_S * day for day in range(-1, 2 + int((last - midnight) / DAY_S))]
        return min(days, key=lambda at: max(first - at, at - last, 0.0))

    def _move(self, at: float) -> str:
        times = self._film.times
        if not times:
            return "nothing can be seen yet"
        self._since = self._seconds()
        self._at = min(max(at, times[0]), times[-1])
        if at > times[-1] and not self._film.is_complete:
            return "not so far yet; this is as far as the engine has got"
        return "the beginning" if at < times[0] else "the end" if at > times[-1] else ""

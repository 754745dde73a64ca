"""What has failed in the console itself: told once in the log, kept as an alarm while it lasts, and never spread.

Owns the one way in which a defect of a pane, a key or an answer ends: here. Names the place and never the values,
which may be secret. The engine is not involved.
"""

import logging
from collections.abc import Callable

log = logging.getLogger("mmtui.console")


class Mishaps:
    """What fails now, by what it is: the kind of error and where."""

    __slots__ = ("_failing",)

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}

    def attempt(self, what: str, work: Callable[[], None]) -> bool:
        """Do something; False when it raised."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever fails on the screen must not end it
            self.failed(what, error)
            return False
        self.went_well(what)
        return True

    def failed(self, what: str, error: Exception) -> None:
        """Take note of a failure; the log hears of it when it is another one."""
        text = f"{type(error).__name__} at {where(error)}"
        if self._failing.get(what) != text:
            log.error("console: %s failed: %s", what, text)
        self._failing[what] = text

    def went_well(self, what: str) -> None:
        """It works again."""
        self._failing.pop(what, None)

    def alarm(self) -> str:
        """What a person should know; empty when all is well."""
        if not self._failing:
            return ""
        what, text = next(iter(self._failing.items()))
        more = f" and {len(self._failing) - 1} more" if len(self._failing) > 1 else ""
        return f"console defect: {what}{more} failed, {text}; the engine is not affected, pause and kill still work"


def where(error: BaseException) -> str:
    """File and line where an error was raised; no values."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return "unknown"
    return f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}"

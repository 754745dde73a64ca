"""Where consultations arrive: each kind goes to its own expert, and whoever asked hears of the finding.

Owns the tasks that work and their number; never touches the engine except through what a session lends its
experts. An expert that fails is told of as ``Unable``, and nothing else is affected.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from mmtui.domain.consultations import Consultation, Finding, Unable
from mmtui.errors import MmtuiError

AT_ONCE_MAX = 4

Say = Callable[[Finding], None]
CallOff = Callable[[], object]
"""Ends work that nobody waits for any more."""
Expert = Callable[[Any, Say], Awaitable[Finding]]
"""Takes a consultation of its kind, may say that it is working, and returns the finding."""


class ConsultingDesk:
    """Passes consultations on and gives findings back."""

    def __init__(self, experts: Mapping[type[Consultation], Expert], *, note: Callable[[str], None]) -> None:
        self._experts = dict(experts)
        self._note = note
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, consultation: Consultation, say: Say) -> CallOff:
        """Starts on a consultation; ``say`` hears what comes of it, unless it is called off before."""
        expert = self._experts.get(type(consultation))
        if expert is None:
            say(Unable(id=consultation.id, text="this is not to be had of this kind of run"))
        elif len(self._tasks) >= AT_ONCE_MAX:
            say(Unable(id=consultation.id, text="busy with others; ask again in a moment"))
        else:
            task = asyncio.get_running_loop().create_task(self._work(expert, consultation, say))
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._ended(done, consultation, say))
            return task.cancel
        return _nothing

    async def close(self) -> None:
        """Ends what is still worked on."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, expert: Expert, consultation: Consultation, say: Say) -> None:
        try:
            finding = await expert(consultation, say)
        except (MmtuiError, OSError, ValueError, msgspec.MsgspecError) as error:
            finding = Unable(id=consultation.id, text=str(error))
        say(finding)

    def _ended(self, task: asyncio.Task[None], consultation: Consultation, say: Say) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Its words may be anything, so that only its kind is told.
            self._note(f"a consultation failed: {type(consultation).__name__}, {type(error).__name__}")
            say(Unable(id=consultation.id, text=f"this failed by a defect ({type(error).__name__})"))


def _nothing() -> None:
    """There is nothing to end."""

"""The engines that a console can be switched to: a list that is looked over beside the loop, and a link to each.

Owns the links it opened and their tasks. A link to another engine only looks on until its console takes control.
The list is looked over only while somebody looks at it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from mmtui.domain.standing import InstanceView
from mmtui.runtime.attaching.link import SocketLink
from mmtui.runtime.attaching.survey import surveyed
from mmtui.runtime.clock import EngineClock, work_seconds
from mmtui.runtime.instances import running_instances
from mmtui.runtime.session.background import Background
from mmtui.runtime.state import MarketFiles

LOOK_S: Final = 2.0
WANTED_S: Final = 3.0
AWAY_RATE_HZ: Final = 5.0


class LocalRoster:
    """What one console knows of the engines of this user; ``failed`` hears of a link that broke by a defect."""

    def __init__(self, folder: Path, *, seconds: Callable[[], float], failed: Callable[[str], None]) -> None:
        self.clock = EngineClock()
        self._folder = folder
        self._seconds = seconds
        self._known: tuple[InstanceView, ...] = ()
        self._wanted_at = seconds()
        self._links: dict[str, SocketLink] = {}
        self._background = Background(failed)

    def instances(self) -> tuple[InstanceView, ...]:
        """What is known of them now, by id."""
        self._wanted_at = self._seconds()
        return self._known

    def link(self, instance: str) -> SocketLink | None:
        """The link to one of them, opened when it is first asked for and again after its session has ended."""
        link = self._links.get(instance)
        if link is None or link.is_over:
            path = MarketFiles(self._folder, instance).socket
            link = SocketLink(path, seconds=self._seconds, claims=False, rate_hz=AWAY_RATE_HZ)
            self._links[instance] = link
            self._background.spawn(link.run())
        return link

    def open(self) -> None:
        """Looks the list over from now on."""
        self._background.spawn(self._look_over())

    async def close(self) -> None:
        """Leaves every engine that was looked at; they go on."""
        for link in self._links.values():
            link.close()
        await self._background.end()

    async def _look_over(self) -> None:
        while True:
            if self._seconds() - self._wanted_at <= WANTED_S:
                self._known = await asyncio.to_thread(self._look)
            await asyncio.sleep(LOOK_S)

    def _look(self) -> tuple[InstanceView, ...]:
        return tuple(surveyed(self._folder, one) for one in running_instances(self._folder))


@contextlib.asynccontextmanager
async def others(folder: Path, failed: Callable[[str], None]) -> AsyncIterator[LocalRoster]:
    """The engines of the state folder, for as long as a console is open."""
    roster = LocalRoster(folder, seconds=work_seconds, failed=failed)
    roster.open()
    try:
        yield roster
    finally:
        await roster.close()

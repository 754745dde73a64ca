"""What a service manager is told: ready, stopping, a line of status, and that the engine is alive.

Owns the datagrams of the sd_notify protocol; without a manager every call does nothing. A manager whose
socket is full or gone is no reason to wait or to stop. The variables are taken out of the environment,
so that no child speaks for us.
"""

import contextlib
import os
import socket
from collections.abc import MutableMapping

_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG = "WATCHDOG_USEC"
_WATCHDOG_PID = "WATCHDOG_PID"
PETS_A_PERIOD = 3.0


class Notifier:
    """The way to the manager. ``pet_every_s`` is None when it keeps no watchdog."""

    __slots__ = ("_address", "_socket", "pet_every_s")

    def __init__(self, address: str = "", *, watchdog_s: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        self.pet_every_s = watchdog_s / PETS_A_PERIOD if watchdog_s and self._address else None

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str]) -> "Notifier":
        """The manager that started this process, if one did; forgets the variables."""
        address = environment.pop(_SOCKET, "")
        period, pid = environment.pop(_WATCHDOG, ""), environment.pop(_WATCHDOG_PID, "")
        if not address.startswith(("/", "@")):
            return cls()
        is_meant = pid in ("", str(os.getpid())) and period.isascii() and period.isdigit() and len(period) <= 15
        return cls(address, watchdog_s=int(period) / 1e6 if is_meant else None)

    @property
    def is_heard(self) -> bool:
        """Whether there is a manager."""
        return bool(self._address)

    def ready(self) -> None:
        """The engine knows its account; what waits for the service may start."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}")

    def pet(self) -> None:
        """The engine processed a tick."""
        self._tell("WATCHDOG=1")

    def close(self) -> None:
        """Says nothing more."""
        self._address = ""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.setblocking(False)
            self._socket.sendto(text.encode(), self._address)

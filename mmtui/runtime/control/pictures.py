"""The picture as the socket sends it: encoded once for all clients, with the nonce that proves it was seen."""

import secrets
from collections.abc import Callable
from typing import NamedTuple

from mmtui.domain.view import View
from mmtui.runtime.control.frames import picture_frame


class Encoded(NamedTuple):
    """One picture: its nonce, the engine time it shows, its bytes."""

    nonce: str
    at: float
    frame: bytes


class Pictures:
    """The latest picture; made anew only when the view is another."""

    __slots__ = ("_encoded", "_latest", "_view")

    def __init__(self, latest: Callable[[], View | None]) -> None:
        self._latest = latest
        self._view: View | None = None
        self._encoded: Encoded | None = None

    def view(self) -> View | None:
        """The view itself, None before the first."""
        return self._latest()

    def latest(self) -> Encoded | None:
        """The present picture, None before the first."""
        view = self._latest()
        if view is None:
            return None
        if view is not self._view or self._encoded is None:
            nonce = secrets.token_hex(8)
            self._view, self._encoded = view, Encoded(nonce, view.engine.at, picture_frame(view, nonce))
        return self._encoded

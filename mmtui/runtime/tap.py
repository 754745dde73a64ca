"""The switch between the venue's raw messages and whoever records them."""

from collections.abc import Callable


class TapSwitch:
    """Raw messages go to the recording while there is one."""

    __slots__ = ("target",)

    def __init__(self) -> None:
        self.target: Callable[[bytes], None] | None = None

    def __call__(self, message: bytes) -> None:
        """Takes one message."""
        if self.target is not None:
            self.target(message)

"""Request numbers and client order ids: counters, so that a replay makes the same ones."""

from mmtui.domain.cloid import make_cloid


class Numbering:
    """Hands out ids of one run."""

    __slots__ = ("_orders", "_requests", "_run")

    def __init__(self, run: int) -> None:
        self._run = run
        self._orders = 0
        self._requests = 0

    @property
    def run(self) -> int:
        """The run whose ids these are."""
        return self._run

    def request(self) -> int:
        """The next request id, from 1."""
        self._requests += 1
        return self._requests

    def cloid(self) -> str:
        """The next client order id."""
        self._orders += 1
        return make_cloid(self._run, self._orders)

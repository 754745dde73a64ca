"""Actions waiting for a block, and the order a block takes them in.

Owns arrival order and the three classes: actions without a GTC or IOC order, cancels, the rest.
Source: hyperliquid-protocol.md 7.1.
"""

from mmtui.venues.exchange.rulebook.dispatch import Submission, is_cancel, is_early


class Mempool:
    """Submissions in order of arrival."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Submission] = []

    def add(self, submission: Submission) -> None:
        """Queue behind all that came before."""
        self._waiting.append(submission)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def due_ms(self) -> int | None:
        """Earliest arrival; None when nothing waits."""
        return min([one.arrived_ms for one in self._waiting]) if self._waiting else None

    def take(self, block_ms: int) -> list[Submission]:
        """Remove what arrived up to ``block_ms``, in the order the block runs it."""
        if not self._waiting:
            return []
        arrived = [one for one in self._waiting if one.arrived_ms <= block_ms]
        self._waiting = [one for one in self._waiting if one.arrived_ms > block_ms]
        return sorted(arrived, key=_block_class)


def _block_class(submission: Submission) -> int:
    if is_cancel(submission.action):
        return 1
    return 0 if is_early(submission.action) else 2

"""The keys of the fills that are known: each counts once."""

from collections import deque

from mmtui.engine.folded import FillKey

FILL_KEYS_MAX = 50_000


class FillKeys:
    """A set that forgets its oldest keys when there are too many."""

    __slots__ = ("_keys", "_order")

    def __init__(self) -> None:
        self._keys: set[FillKey] = set()
        self._order: deque[FillKey] = deque()

    def __contains__(self, key: FillKey) -> bool:
        return key in self._keys

    def add(self, key: FillKey) -> None:
        """Notes a key."""
        if key in self._keys:
            return
        self._keys.add(key)
        self._order.append(key)
        if len(self._order) > FILL_KEYS_MAX:
            self._keys.discard(self._order.popleft())

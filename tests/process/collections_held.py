"""Every collection an object holds, however deep, with its length: for proving that each has a bound."""

import collections
import enum
from collections.abc import Iterator

Held = dict[str, int]
_LEAVES = (int, float, str, bytes, type, enum.Enum, type(None))
_COLLECTIONS = (list, tuple, set, frozenset, collections.deque, dict)


def held_by(root: object) -> Held:
    """The longest collection at each path below ``root``; elements share one path."""
    lengths: Held = {}
    seen: set[int] = set()
    waiting = [("", root)]
    while waiting:
        path, thing = waiting.pop()
        if isinstance(thing, _LEAVES) or id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, _COLLECTIONS):
            lengths[path] = max(lengths.get(path, 0), len(thing))
            inside = thing.values() if isinstance(thing, dict) else thing
            waiting += [(f"{path}[]", inner) for inner in inside]
        else:
            waiting += [(f"{path}.{name}", inner) for name, inner in _fields(thing)]
    return lengths


def _fields(thing: object) -> Iterator[tuple[str, object]]:
    names = list(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            is_private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{kind.__name__.lstrip('_')}{name}" if is_private else name)
    for name in names:
        inner = getattr(thing, name, None)
        if inner is not None:
            yield name, inner

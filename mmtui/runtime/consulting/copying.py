"""Copies of what lives in the engine, made on the loop in pieces that no market event waits long for.

Owns the size of a piece. The copy of something large is as of the few milliseconds that its pieces took.
"""

import asyncio
import io
import pickle
from collections.abc import Iterator
from typing import TypeVar

PIECE_BYTES = 12_000

Copied = TypeVar("Copied")


def copied(value: Copied) -> Copied:
    """A copy made at once; raises TypeError, AttributeError or PicklingError for what cannot be copied."""
    copy: Copied = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own, made here
    return copy


async def copied_in_pieces(value: Copied) -> Copied:
    """As ``copied`` for an object of parts: its parts first, so that the whole only refers to them."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    count, rested_at = 0, 0
    for part in _parts(value, set()):
        pickler.dump(part)
        count += 1
        rested_at = await _rest(buffer, rested_at)
    buffer.seek(0)
    unpickler = pickle.Unpickler(buffer)  # noqa: S301 - what was put in above
    last: object = None
    rested_at = 0
    for _ in range(count):
        last = unpickler.load()
        rested_at = await _rest(buffer, rested_at)
    assert isinstance(last, type(value)), "the whole comes last"
    return last


async def _rest(buffer: io.BytesIO, rested_at: int) -> int:
    """Lets the loop go on after each piece."""
    if buffer.tell() - rested_at < PIECE_BYTES:
        return rested_at
    await asyncio.sleep(0)
    return buffer.tell()


def _parts(value: object, seen: set[int]) -> Iterator[object]:
    """What the object is made of, inner parts first; what has no parts comes with what holds it."""
    seen.add(id(value))
    for part in _held(value):
        if id(part) not in seen and _held(part):
            yield from _parts(part, seen)
    yield value


def _held(value: object) -> list[object]:
    names = getattr(type(value), "__slots__", ())
    return [getattr(value, name) for name in names if hasattr(value, name)] if isinstance(names, tuple) else []

"""Our client order ids: 16 bytes that say an order is ours, whose run it is of, and which one.

Layout in hexadecimal digits: 8 magic, 8 run, 4 zero, 12 counter. The magic tells own orders from
foreign ones at start, also after a crash.
"""

import re

MAGIC = "6d6d7475"
PREFIX = "0x" + MAGIC
_RUN_DIGITS = 8
_OURS = re.compile(PREFIX + "[0-9a-f]{24}")
_COUNTER_DIGITS = 12


def make_cloid(run: int, counter: int) -> str:
    """The id of the ``counter``-th order of a run."""
    assert 0 <= run < 16**_RUN_DIGITS, "a run id has 32 bits"
    assert 0 <= counter < 16**_COUNTER_DIGITS, "the counter has 48 bits"
    return f"{PREFIX}{run:08x}0000{counter:012x}"


def is_ours(cloid: str | None) -> bool:
    """Whether any run of this program made it."""
    return cloid is not None and _OURS.fullmatch(cloid) is not None


def run_of(cloid: str) -> int:
    """The run that made it; call only on an own id."""
    assert is_ours(cloid), "not an own id"
    return int(cloid[len(PREFIX) : len(PREFIX) + _RUN_DIGITS], 16)


def counter_of(cloid: str) -> int:
    """Which order of its run it is; call only on an own id."""
    assert is_ours(cloid), "not an own id"
    return int(cloid[-_COUNTER_DIGITS:], 16)

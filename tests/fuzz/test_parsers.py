"""Every parser of outside bytes: its own error or a sound value, in bounded time, for any input.

``MMTUI_FUZZ_INPUTS`` says how many damaged inputs each parser gets (300; ``make fuzz`` gives a million), and
``MMTUI_FUZZ_SEED`` where they begin.
"""

import os
import random
import sys
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS

INPUTS = int(os.environ.get("MMTUI_FUZZ_INPUTS", "300"))
SEED = int(os.environ.get("MMTUI_FUZZ_SEED", "1"))
SLOWER = 20
MEMORY_MAX = 64 * 1024 * 1024

pytestmark = pytest.mark.parametrize("name", TARGETS)


@pytest.mark.fault("F43", "F51", "F102", "F120")
@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=300))
@example(data=b"")
@example(data=b"null")
@example(data=b"\xef\xbb\xbf{}")
@example(data=b"\x00" * 64)
def test_any_bytes_give_the_parsers_own_error_or_a_sound_value(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


def test_good_inputs_damaged_in_every_way_do_too(name: str) -> None:
    target, dice = TARGETS[name], random.Random(f"{name}-{SEED}")
    count = INPUTS // SLOWER if target.is_slow and INPUTS > 10_000 else INPUTS
    for number in range(count):
        data = mutated(target.seeds, dice)
        try:
            target.run(data)
        except BaseException:
            sys.stdout.write(f"input {number}: {data!r}\n")
            raise


@pytest.mark.fault("F51")
@pytest.mark.parametrize(
    "huge",
    [
        b"[" * 1_000_000,
        b'{"channel":"l2Book","x":' + b"[" * 400_000 + b"]" * 400_000 + b"}",
        b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
        b"9" * 1_000_000,
        b'"' + b"x" * 1_000_000 + b'"',
        b"a = " + b"[" * 100_000,
        b"x" * 1_000_000,
        b"\n" * 1_000_000,
    ],
    ids=["open", "unknown field", "objects", "digits", "text", "toml", "word", "lines"],
)
def test_a_megabyte_and_deep_nesting_cost_bounded_memory(name: str, huge: bytes) -> None:
    tracemalloc.start()
    try:
        TARGETS[name].run(huge)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()

"""Client order ids: unique, 16 bytes, and recognisable after a crash."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.cloid import is_ours, make_cloid, run_of
from tests.unit.properties import examples

runs = st.integers(0, 2**32 - 1)
counters = st.integers(0, 2**48 - 1)


@given(run=runs, counter=counters)
@examples(200)
def test_an_id_is_sixteen_bytes_of_hexadecimal_that_name_the_run(run, counter):
    cloid = make_cloid(run, counter)
    assert re.fullmatch(r"0x[0-9a-f]{32}", cloid)
    assert is_ours(cloid)
    assert run_of(cloid) == run


@given(first=st.tuples(runs, counters), second=st.tuples(runs, counters))
@examples(200)
def test_two_orders_never_share_an_id(first, second):
    assert (make_cloid(*first) == make_cloid(*second)) == (first == second)


@pytest.mark.parametrize(
    "cloid", [None, "", "0x", "0x6d6d7475", "0x" + "0" * 32, "6d6d7475" + "0" * 26, "0x6d6d7475" + "0" * 25]
)
def test_other_ids_are_not_taken_for_ours(cloid):
    assert not is_ours(cloid)


@pytest.mark.parametrize(("run", "counter"), [(-1, 0), (2**32, 0), (0, -1), (0, 2**48)])
def test_a_number_that_does_not_fit_is_a_defect(run, counter):
    with pytest.raises(AssertionError, match="bits"):
        make_cloid(run, counter)


def test_the_run_of_a_foreign_id_is_not_asked():
    with pytest.raises(AssertionError, match="not an own id"):
        run_of("0x" + "1" * 32)

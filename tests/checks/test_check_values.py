"""Every figure of the specification against what our functions give."""

import math

import pytest

from tests.checks.values import CheckValue, check_values

ROWS = list(check_values())


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.section} {row.name}" for row in ROWS])
def test_ours_agrees_with_the_figure(row: CheckValue) -> None:
    ours = row.ours()
    assert math.isfinite(ours)
    assert abs(ours - row.expected) <= row.allowed, f"{ours!r} is not {row.expected!r}"


def test_no_two_rows_have_one_name() -> None:
    names = [(row.section, row.name) for row in ROWS]
    assert len(names) == len(set(names))

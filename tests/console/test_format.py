"""Numbers and foreign text as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.format import age, aligned, clock, compact, cut, milliseconds, number, percent, plain, signed
from tests.console.pictures import AT


@pytest.mark.parametrize(
    ("value", "shown"),
    [(22_565.0, "22.6k"), (64_000.0, "64.0k"), (732.0, "732"), (1.35, "1.35"), (0.0312, "0.0312"), (0.0, "0"),
     (1.2e-7, "1.2e-07"),
     (9_214.0, "9214"), (2.5e6, "2.50M"), (3e9, "3.00G"), (None, "."), (math.nan, "."), (-22_565.0, "-22.6k")],
)  # fmt: skip
def test_compact_numbers_keep_their_magnitude(value: float | None, shown: str) -> None:
    assert compact(value) == shown


@given(st.floats(min_value=1e-3, max_value=9e11))
def test_a_compact_number_is_within_one_per_cent_of_the_truth(value: float) -> None:
    text = aligned(value)
    scale = {"k": 1e3, "M": 1e6, "G": 1e9}.get(text[-1], 1.0)
    assert float(text.rstrip("kMG")) * scale == pytest.approx(value, rel=0.01)


def test_a_negative_zero_has_no_sign_and_a_missing_number_is_a_dot() -> None:
    assert number(-0.0001, 2) == "0.00"
    assert signed(-0.0, 2) == "+0.00"
    assert signed(None, 2) == signed(math.inf, 2) == "."


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.3, "0.3s"), (12, "12s"), (240, "4m"), (7_200, "2h"), (400_000, "5d"), (-1, "0.0s")]
)
def test_ages_are_short(seconds: float, shown: str) -> None:
    assert age(seconds) == shown


def test_milliseconds_become_seconds_when_large() -> None:
    assert [milliseconds(v) for v in (0.4, 38.2, 2_100.0, None)] == ["0.4ms", "38ms", "2.1s", "."]


def test_percentages_never_outgrow_four_cells() -> None:
    assert [percent(v) for v in (0.354, 1.18, 1e9, None)] == ["35%", "118%", "999%", "."]


def test_the_clock_is_utc_and_says_when_there_is_none() -> None:
    assert clock(AT, 1) == "12:04:31.2"
    assert clock(0.0) == clock(math.nan) == "--:--:--"


@given(st.text(max_size=80))
def test_foreign_text_becomes_one_printable_cell_a_character(text: str) -> None:
    safe = plain(text)
    assert all(char.isprintable() for char in safe)
    assert "\x1b" not in safe
    assert "漢" not in safe


def test_control_sequences_lose_their_teeth() -> None:
    assert plain("a\x1b[31mb\tc\x07") == "a[31mb c"
    assert plain("漢字") == "??"


def test_words_are_cut_with_a_mark() -> None:
    assert cut("widening until", 10) == "widening.."
    assert cut("short", 10) == "short"


def test_a_number_is_left_out_whole_and_the_mark_never_reads_as_more_digits() -> None:
    text = "fee 0.0735 position 0.00445 P&L"
    shown = [cut(text, width) for width in range(2, len(text))]
    for line in shown:
        assert all(word in text.split() or not any(char.isdigit() for char in word) for word in line.split())
    assert cut(text, 20) == "fee 0.0735 positio.."
    assert cut(text, 13) == "fee 0.0735 .."
    assert cut(text, 12) == "fee.."
    assert all(len(line) <= width for width, line in enumerate(shown, 2))

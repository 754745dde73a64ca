"""Decimal text and integers: exact both ways, and nothing but plain decimals gets in."""

import string
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmtui.domain.units import (
    UnitError,
    format_fixed,
    format_units,
    format_venue,
    parse_rounded_units,
    parse_signed_units,
    parse_units,
    parse_usd,
    usd,
)
from tests.unit.properties import examples

decimals = st.integers(0, 8)
amounts = st.integers(-(10**30), 10**30)
digits = st.text(string.digits, min_size=1, max_size=18)
plain_texts = st.one_of(digits, st.builds("{}.{}".format, digits, digits))

HOSTILE = [
    "", " ", "-", "+", ".", "-.", "+1", "++1", "--1", "-+1", " 1", "1 ", "1\n", "\t1", "1\x00", ".5", "5.", "-.5",
    "1.2.3", "1..2", "1e5", "1E5", "1e-5", "1.5e+3", "0x10", "1_000", "1,000", "1'000", "1 000", "nan", "NaN", "-nan",
    "sNaN", "inf", "-inf", "Infinity", "1/2", "1d", "1f", "None", "true", "١٢", "１２", "१.५", "½", "²", "1²", "−1",
    "1٫5", "1．5", "1" * 41, "0" * 41, "0." + "0" * 60, "-" + "1" * 41, "9" * 5000,
]  # fmt: skip


def exact(text, places):
    with localcontext(prec=100):
        return Decimal(text).scaleb(places)


@pytest.mark.fault("F43")
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("parse", [parse_units, parse_signed_units, parse_rounded_units])
def test_a_text_that_is_no_plain_decimal_is_refused(parse, text):
    with pytest.raises(UnitError):
        parse(text, 6)


@pytest.mark.parametrize("parse", [parse_units, parse_signed_units, parse_rounded_units])
def test_forty_characters_are_still_a_number(parse):
    assert parse("9" * 40, 0) == 10**40 - 1


def test_a_refusal_does_not_repeat_an_endless_text():
    with pytest.raises(UnitError) as refused:
        parse_units("9" * 5000, 6)
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("text", ["-1", "-0", "-0.5"])
def test_a_sign_is_refused_where_none_belongs(text):
    with pytest.raises(UnitError):
        parse_units(text, 6)


@given(text=st.text(st.sampled_from("0123456789.-+eE_ ,nainfx١２\n"), max_size=45), places=decimals)
@examples(250)
def test_whatever_is_accepted_has_the_value_its_digits_say(text, places):
    try:
        value = parse_units(text, places)
    except UnitError:
        return
    assert text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 40
    assert value == exact(text, places)


@given(text=plain_texts, places=decimals)
@examples(150)
def test_a_plain_decimal_is_read_exactly_or_refused_for_its_digits(text, places):
    wanted = exact(text, places)
    if wanted == wanted.to_integral_value():
        assert parse_units(text, places) == int(wanted)
        assert parse_signed_units("-" + text, places) == -int(wanted)
    else:
        with pytest.raises(UnitError, match="decimals"):
            parse_units(text, places)


@given(text=plain_texts, places=decimals, negative=st.booleans())
@example(text="0.5", places=0, negative=True)
@example(text="0.4999999999", places=0, negative=False)
@examples(150)
def test_sums_of_the_venue_are_rounded_half_away_from_zero(text, places, negative):
    with localcontext(prec=100):
        wanted = int(exact(text, places).to_integral_value(rounding=ROUND_HALF_UP))
    signed = "-" + text if negative else text
    assert parse_rounded_units(signed, places) == (-wanted if negative else wanted)


def test_binary_noise_in_a_venue_sum_is_rounded_off():
    assert parse_usd("2616763.2999999998") == 2_616_763_300_000
    assert parse_usd("-0.0000005") == -1
    assert parse_usd("-0.0") == 0


@given(value=amounts, places=decimals)
@examples(150)
def test_every_printed_amount_reads_back(value, places):
    assert parse_signed_units(format_units(value, places), places) == value
    assert parse_signed_units(format_fixed(value, places), places) == value
    assert parse_signed_units(format_venue(value, max(places, 1)), max(places, 1)) == value


@given(value=amounts, places=decimals)
@examples(150)
def test_wire_text_is_the_normal_form_that_is_hashed(value, places):
    with localcontext(prec=100):
        normal = Decimal(value).scaleb(-places).normalize()
        assert format_units(value, places) == format(normal, "f")


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0, 5, "0"), (0, 0, "0"), (2000_0, 1, "2000"), (1, 8, "0.00000001"), (-5, 1, "-0.5"), (120, 0, "120")],
)
def test_wire_text_has_no_trailing_zeros_point_or_exponent(value, places, text):
    assert format_units(value, places) == text


@given(value=amounts, places=decimals)
@examples(100)
def test_columns_show_every_decimal(value, places):
    text = format_fixed(value, places)
    assert len(text.partition(".")[2]) == places


def test_the_venue_writes_whole_numbers_with_one_decimal():
    assert format_venue(317_950, 1) == "31795.0"
    assert format_venue(0, 5) == "0.0"
    assert format_venue(12, 1) == "1.2"


def test_micro_usd_are_millionths():
    assert usd(1_250_000) == 1.25

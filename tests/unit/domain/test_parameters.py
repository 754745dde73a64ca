"""The schema: every default is valid, every bound holds, every name in the documents is found."""

import datetime
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmtui.domain.parameters import PARAMETERS, SECTIONS, Kind, Refusal, Settings, find, parameter
from mmtui.domain.parameters.schema import Tightens
from tests.unit.properties import examples

NUMERIC = [row for row in PARAMETERS if row.kind in (Kind.NUMBER, Kind.COUNT)]
rows = st.sampled_from(PARAMETERS)
RULINGS_SECTIONS = {
    "network", "trading", "strategy", "strategy.ladder_config", "strategy.hjb", "estimators", "risk", "execution",
    "logging", "monitoring", "console", "alerts",
}  # fmt: skip
RULINGS_DEFAULTS = {
    "risk.max_widening_bps": 15.0,
    "strategy.min_full_skew_ratio": 0.25,
    "risk.cascade_kill_threshold": 0.95,
    "risk.cascade_pull_threshold": 0.8,
    "risk.cascade_kill": True,
    "risk.cascade_kill_hold_s": 10.0,
    "risk.cascade_pull": "increasing",
    "risk.min_half_spread_bps": 1.5,
    "estimators.adverse_horizon_s": 1.0,
    "estimators.microprice_horizon_ms": 1000.0,
    "estimators.microprice_clamp": "bbo",
    "strategy.ladder_config.cap_to_market_spread": 0.0,
    "risk.price_collar_pct": 1.0,
    "execution.flatten_slippage_bps": 50.0,
    "execution.on_stop": "cancel",
    "execution.on_hangup": "detach",
    "trading.order_notional_usd": 1000.0,
    "trading.max_position_usd": 5000.0,
    "trading.max_bps_diff": 2.0,
    "trading.leverage": None,
    "risk.max_daily_loss_usd": 500.0,
    "risk.max_daily_loss_pct": 2.0,
    "risk.max_drawdown_pct": 5.0,
    "risk.max_position_value_usd": 10_000.0,
    "risk.stale_data_s": 5.0,
    "risk.stale_kill_s": 60.0,
    "risk.book_age_max_s": 2.0,
    "risk.venue_age_max_s": 3.0,
    "risk.actions_per_s_max": 8.0,
    "risk.actions_per_min_max": 240.0,
    "risk.cancel_reserve_pct": 30.0,
    "risk.one_sided_orders_max": 12,
    "risk.replacements_max": 20,
    "risk.liquidation_distance_min_pct": 2.0,
}


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def same(left, right):
    return type(left) is type(right) and left == right


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.key)
def test_a_default_passes_its_own_check_and_reads_back_from_its_text(row):
    assert same(row.check(row.default), row.default)
    assert same(row.parse(text_of(row.default)), row.default)


@pytest.mark.parametrize(("key", "value"), RULINGS_DEFAULTS.items())
def test_defaults_are_those_that_were_ruled(key, value):
    assert same(parameter(key).default, value)


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.key)
def test_a_number_is_taken_within_its_bounds_and_at_them_and_nowhere_else(row):
    assert math.isfinite(row.low) and math.isfinite(row.high) and row.low < row.high
    assert same(row.check(row.low), int(row.low) if row.kind is Kind.COUNT else row.low)
    assert same(row.check(row.high), int(row.high) if row.kind is Kind.COUNT else row.high)
    beyond = [math.nextafter(row.low, -math.inf), math.nextafter(row.high, math.inf), 1e300, -1e300]
    for value in [*beyond, -1, -1.0, math.nan, math.inf, -math.inf, 10**400, -(10**400), int(row.high) + 1]:
        assert isinstance(row.check(value), Refusal), value
    for text in ["nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1", "-0.1", "1_0", "abc", "0x10", "1,5", "1 2"]:
        assert isinstance(row.parse(text), Refusal), text


@pytest.mark.fault("F103")
@pytest.mark.parametrize("row", [row for row in NUMERIC if row.high < 1e9], ids=lambda row: row.key)
def test_a_thousand_million_is_refused_where_it_is_absurd(row):
    assert isinstance(row.check(1e9), Refusal)
    assert isinstance(row.parse("1e9"), Refusal)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.key)
def test_a_value_of_the_wrong_type_is_refused(row):
    wrong = [[], [1.0], {}, b"1", 1j, datetime.date(2026, 1, 1), object()]
    wrong += {
        Kind.FLAG: ["true", "", 0, 1, 1.0],
        Kind.TEXT: [1, 1.5, True],
        Kind.CHOICE: [1, True, "", "no such choice"],
        Kind.NUMBER: ["1", "", True, False],
        Kind.COUNT: ["1", True, False, row.low + 0.5],
    }[row.kind]
    wrong += [] if row.optional else [None]
    for value in wrong:
        assert isinstance(row.check(value), Refusal), value


@pytest.mark.parametrize("row", [row for row in PARAMETERS if row.kind is Kind.CHOICE], ids=lambda row: row.key)
def test_a_choice_is_one_of_the_words_exactly(row):
    for word in row.choices:
        assert row.check(word) == row.parse(f" {word} ") == word
        assert isinstance(row.check(word.upper()), Refusal)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("Yes", True),
        ("on", True),
        ("1", True),
        ("FALSE", False),
        ("no", False),
        ("off", False),
        ("0", False),
    ],
)
def test_flags_are_read_from_the_usual_words(text, value):
    assert parameter("risk.cascade_kill").parse(text) is value


@given(row=rows, text=st.one_of(st.text(max_size=30), st.floats().map(str), st.integers().map(str)))
@example(row=parameter("risk.one_sided_orders_max"), text="9" * 5000)
@example(row=parameter("risk.max_daily_loss_usd"), text="9" * 5000)
@examples(500)
def test_any_text_is_refused_in_a_line_or_gives_a_value_that_passes(row, text):
    value = row.parse(text)
    if isinstance(value, Refusal):
        assert len(str(value)) < 400
        assert value.expected
    else:
        assert same(row.check(value), value)


@pytest.mark.parametrize("value", [16**5000, -(16**5000), "x" * 5000], ids=["huge", "hugely negative", "long"])
@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.COUNT, Kind.FLAG, Kind.CHOICE], ids=lambda kind: kind.name)
def test_a_refusal_of_something_endless_fits_a_line(kind, value):
    row = next(row for row in PARAMETERS if row.kind is kind)
    refused = row.check(value)
    assert isinstance(refused, Refusal)
    assert len(str(refused)) < 200


def test_every_key_and_every_alias_finds_its_row():
    for row in PARAMETERS:
        assert find(row.key) is row is parameter(row.key)
        for alias in row.aliases:
            assert find(alias) is row, alias
            assert find(alias if "." in alias else f"{row.section}.{alias}") is row, alias


def test_no_name_means_two_settings():
    keys = [row.key for row in PARAMETERS]
    aliases = [alias if "." in alias else f"{row.section}.{alias}" for row in PARAMETERS for alias in row.aliases]
    assert len({*keys, *aliases}) == len(keys) + len(aliases)
    names = [row.name for row in PARAMETERS]
    for row in PARAMETERS:
        assert find(row.name) is (row if names.count(row.name) == 1 else None)


def test_an_unknown_name_finds_nothing():
    assert find("no_such_setting") is None
    assert find("trading.no_such_setting") is None
    with pytest.raises(KeyError):
        parameter("max_position")


def test_the_sections_are_those_that_were_ruled():
    assert set(SECTIONS) <= RULINGS_SECTIONS


def test_every_row_can_be_explained_to_a_person():
    for row in PARAMETERS:
        assert row.help.strip()
        assert row.bounds.strip()
        assert "nan" not in row.bounds and "inf" not in row.bounds.split()
        assert row.kind is not Kind.CHOICE or (row.default in row.choices and len(set(row.choices)) == len(row.choices))


def test_a_refusal_says_what_was_found_and_what_would_be_right():
    refused = parameter("risk.stale_data_s").parse("0.5")
    assert str(refused) == "0.5; expected 1 to 60 s"
    assert str(parameter("risk.cascade_pull").check("some")) == "'some'; expected increasing | all"
    assert str(parameter("risk.cascade_kill").check("maybe")) == "'maybe'; expected true or false"
    assert str(Refusal("2", "at most 1", "the reason")) == "2; expected at most 1 (the reason)"


def test_only_the_signing_key_is_secret():
    assert [row.key for row in PARAMETERS if row.secret] == ["network.private_key"]


def test_a_limit_that_can_be_tightened_is_a_number_that_can_be_edited_live():
    tightening = [row for row in PARAMETERS if row.tightens is not None]
    assert {row.key for row in tightening} >= {
        "risk.max_daily_loss_usd", "risk.max_daily_loss_pct", "risk.max_drawdown_pct", "risk.max_position_value_usd",
        "risk.max_effective_leverage", "risk.price_collar_pct", "trading.max_position_usd",
        "trading.max_absolute_position_size", "trading.order_notional_usd", "trading.target_liquidity",
    }  # fmt: skip
    for row in tightening:
        assert row.kind in (Kind.NUMBER, Kind.COUNT) and row.live, row.key


def test_caps_tighten_downwards_and_reserves_and_distances_upwards():
    upwards = {row.key for row in PARAMETERS if row.tightens is Tightens.UP}
    assert upwards == {
        "risk.cancel_reserve_pct", "risk.liquidation_distance_min_pct", "risk.liquidation_sigmas"
    }  # fmt: skip


def test_an_edit_makes_other_settings_and_leaves_the_old_ones():
    before = Settings.defaults()
    after = before.with_values({"risk.stale_data_s": 3.0})
    assert (before.number("risk.stale_data_s"), after.number("risk.stale_data_s")) == (5.0, 3.0)
    assert before != after
    assert after.with_values({"risk.stale_data_s": 5.0}) == before == Settings.defaults()
    assert hash(after.with_values({"risk.stale_data_s": 5.0})) == hash(before)


def test_settings_hold_exactly_the_schema():
    values = {row.key: value for row, value in Settings.defaults().items()}
    assert list(values) == [row.key for row in PARAMETERS]
    with pytest.raises(AssertionError, match="not in the schema"):
        Settings.defaults().with_values({"risk.no_such_limit": 1.0})
    del values["risk.stale_data_s"]
    with pytest.raises(AssertionError, match="exactly the schema's keys"):
        Settings(values)


def test_what_is_unset_reads_as_nothing_of_its_kind():
    values = Settings.defaults()
    assert values.value("trading.target_liquidity") is None
    assert values.number("trading.target_liquidity") == 0.0
    assert values.text("trading.leverage") == ""

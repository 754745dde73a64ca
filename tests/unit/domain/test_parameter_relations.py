"""Relations between settings: each broken one is named, alone, with both values."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings, cross_problems, notices
from tests.unit.properties import examples

DEFAULTS = Settings.defaults()
ADDRESS = "0x" + "aB" * 20


def problems(**changes):
    return cross_problems(DEFAULTS.with_values({key.replace("__", "."): value for key, value in changes.items()}))


def test_the_defaults_agree_with_each_other():
    assert cross_problems(DEFAULTS) == []
    assert notices(DEFAULTS) == notices(DEFAULTS.with_values({"trading.risk_aversion": 1.0})) == []


def test_the_sample_of_the_documents_with_half_the_limit_a_side_gives_exactly_that_error():
    found = problems(trading__target_liquidity=0.25, trading__max_absolute_position_size=0.5)
    assert [key for key, _ in found] == ["trading.target_liquidity"]
    text = str(found[0][1])
    assert "0.25" in text and "max_absolute_position_size = 0.5" in text and "0.2" in text.partition("expected")[2]


def test_the_sample_of_the_guide_is_accepted():
    assert problems(trading__target_liquidity=0.01, trading__max_absolute_position_size=0.05) == []


@given(limit=st.floats(1e-6, 1e6), share=st.floats(0.01, 2.0))
@example(limit=0.5, share=0.4)
@example(limit=1.0, share=0.4)
@examples(200)
def test_a_side_is_at_most_two_fifths_of_the_limit(limit, share):
    found = problems(trading__target_liquidity=share * limit, trading__max_absolute_position_size=limit)
    assert [key for key, _ in found] == (["trading.target_liquidity"] if share > 0.4000001 else [])


def test_the_rule_holds_for_values_in_usd_too():
    assert problems(trading__order_notional_usd=2000.0) == []
    found = problems(trading__order_notional_usd=2001.0)
    assert [key for key, _ in found] == ["trading.order_notional_usd"]
    assert "max_position_usd = 5000" in found[0][1].found and "= 2000" in found[0][1].expected


def test_values_in_different_units_are_not_compared():
    assert problems(trading__order_notional_usd=5000.0, trading__max_absolute_position_size=0.1) == []
    assert problems(trading__order_notional_usd=5000.0, trading__target_liquidity=0.1) == []
    assert problems(trading__target_liquidity=0.1) == []


@pytest.mark.fault("F103")
@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("strategy.ladder_config.min_depth_bps", {"strategy.ladder_config.max_depth_bps": 4.0}),
        ("risk.gamma_min", {"risk.gamma_min": 5.0, "risk.gamma_max": 4.9}),
        ("estimators.kappa_min", {"estimators.kappa_min": 500.0, "estimators.kappa_max": 499.0}),
        ("risk.stale_data_s", {"risk.stale_data_s": 30.0, "risk.stale_kill_s": 29.0}),
        ("risk.cascade_pull_threshold", {"risk.cascade_pull_threshold": 0.96}),
        ("trading.max_position_usd", {"trading.max_position_usd": 10_001.0}),
        ("trading.leverage", {"trading.leverage": "0"}),
        ("trading.leverage", {"trading.leverage": "101"}),
        ("trading.leverage", {"trading.leverage": "1.5"}),
        ("estimators.microprice_clamp", {"estimators.microprice_clamp": "0"}),
        ("estimators.microprice_clamp", {"estimators.microprice_clamp": "100.5"}),
        ("network.account_address", {"network.account_address": ADDRESS[:-1]}),
        ("network.vault_address", {"network.vault_address": "0x" + "g" * 40}),
        ("network.confirm_mainnet", {"network.confirm_mainnet": "yes"}),
    ],
)
def test_each_broken_relation_is_reported_under_its_key_and_alone(key, changes):
    assert [found for found, _ in cross_problems(DEFAULTS.with_values(changes))] == [key]


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy.ladder_config.max_depth_bps": 5.0},
        {"risk.gamma_min": 4.9, "risk.gamma_max": 4.9},
        {"risk.stale_data_s": 30.0, "risk.stale_kill_s": 30.0},
        {"trading.max_position_usd": 10_000.0},
        {"trading.max_position_usd": 20_000.0, "trading.max_absolute_position_size": 0.1},
        {"trading.leverage": "max"},
        {"trading.leverage": "1"},
        {"trading.leverage": "100"},
        {"estimators.microprice_clamp": "2"},
        {"estimators.microprice_clamp": "0.5"},
        {"network.account_address": ADDRESS, "network.vault_address": ADDRESS, "network.confirm_mainnet": ADDRESS},
    ],
)
def test_what_is_just_right_is_accepted(changes):
    assert cross_problems(DEFAULTS.with_values(changes)) == []


def test_every_broken_relation_is_reported_at_once():
    found = problems(trading__leverage="none", risk__gamma_max=0.05, risk__gamma_min=1.0, network__vault_address="0x1")
    assert {key for key, _ in found} == {"trading.leverage", "risk.gamma_min", "network.vault_address"}


@given(
    key=st.sampled_from(["trading.leverage", "estimators.microprice_clamp", "network.account_address"]),
    text=st.one_of(st.text(max_size=45), st.text(st.sampled_from("0123456789.x²١１-+ e"), max_size=45)),
)
@example(key="trading.leverage", text="9" * 5000)
@example(key="trading.leverage", text="²")
@example(key="estimators.microprice_clamp", text="9" * 5000)
@examples(300)
def test_any_text_is_accepted_for_what_it_means_or_refused_in_a_line(key, text):
    found = cross_problems(DEFAULTS.with_values({key: text}))
    if not found:
        assert text.isascii()
        return
    assert [where for where, _ in found] == [key]
    assert len(str(found[0][1])) < 200


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"trading.max_bps_diff": 2.5}, "trading.max_bps_diff"),
        ({"trading.risk_aversion": 1.1}, "trading.risk_aversion"),
    ],
)
def test_what_is_allowed_but_probably_not_meant_is_noticed(changes, word):
    lines = notices(DEFAULTS.with_values(changes))
    assert len(lines) == 1 and word in lines[0]


def test_the_requote_gap_is_measured_against_the_closest_quote():
    near = {"trading.max_bps_diff": 1.4, "strategy.ladder_config.min_depth_bps": 0.0}
    assert notices(DEFAULTS.with_values({**near, "risk.min_half_spread_bps": 3.0})) == []
    assert len(notices(DEFAULTS.with_values({**near, "risk.min_half_spread_bps": 2.8}))) == 1

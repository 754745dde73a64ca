"""No signal is wired to nothing without saying so: each prices quotes, by default or by a setting, or informs only."""

from pathlib import Path

import msgspec
import pytest

from mmtui.domain.estimates import Signals
from mmtui.domain.parameters import PARAMETERS
from mmtui.domain.parameters.schema import Value
from mmtui.strategies.registry import BUILT_IN
from tests.unit.strategies.quote_contexts import context, estimates, settings

PACKAGE = Path(__file__).resolve().parents[2] / "mmtui"
LADDER, HJB = "ladder", "hjb"
Changes = dict[str, Value]
BY_INVENTORY: Changes = {"strategy__ladder_config__depth_mode": "inventory"}
HORIZON: Changes = {"strategy__glft_mode": "as_horizon"}
EARNING: Changes = {"strategy__size_mode": "variational"}
# What is set, besides the signal itself, so that it moves a quote: signals, settings, strategy.
PRICED: dict[str, tuple[dict[str, float], Changes, str]] = {
    "adverse_bid": ({"adverse_bid": 3e-4}, {}, LADDER),
    "adverse_ask": ({"adverse_ask": 3e-4}, {}, LADDER),
    "adverse_zero_bid": (
        {"adverse_zero_bid": 4e-4, "adverse_decay_bid": 500.0, "adverse_bid": 3e-4},
        BY_INVENTORY,
        LADDER,
    ),
    "adverse_zero_ask": (
        {"adverse_zero_ask": 4e-4, "adverse_decay_ask": 500.0, "adverse_ask": 3e-4},
        BY_INVENTORY,
        LADDER,
    ),
    "adverse_decay_bid": (
        {"adverse_zero_bid": 4e-4, "adverse_decay_bid": 900.0, "adverse_bid": 3e-4},
        BY_INVENTORY,
        LADDER,
    ),
    "adverse_decay_ask": (
        {"adverse_zero_ask": 4e-4, "adverse_decay_ask": 900.0, "adverse_ask": 3e-4},
        BY_INVENTORY,
        LADDER,
    ),
    "falling_knife": ({"falling_knife": 0.5}, {}, LADDER),
    "rising_knife": ({"rising_knife": 0.5}, {}, LADDER),
    "cascade_severity": ({"cascade_severity": 0.7}, {}, LADDER),
    "hawkes_ratio": ({"hawkes_ratio": 3.0}, {}, LADDER),
    "spread_percentile": ({"spread_percentile": 0.9}, {}, LADDER),
    "funding_outlook": ({"funding_outlook": 0.01, "funding_due_s": 60.0}, {}, LADDER),
    "funding_due_s": ({"funding_outlook": 0.01, "funding_due_s": 3000.0}, {}, LADDER),
    "mean_order_bid": ({"mean_order_bid": 0.001}, EARNING, LADDER),
    "mean_order_ask": ({"mean_order_ask": 0.001}, EARNING, LADDER),
    "drift_score": ({"drift_score": 0.5}, {"strategy__alpha_channel": "drift"}, LADDER),
    "volume_rate": ({"volume_rate": 1.0}, {"strategy__glft_mode": "literal"}, LADDER),
    "holding_s": ({"holding_s": 20.0}, HORIZON, LADDER),
    "variance_mean": ({"variance_mean": 1e-6, "variance_reversion": 0.01}, HORIZON, LADDER),
    "variance_reversion": ({"variance_mean": 1e-6, "variance_reversion": 0.01}, HORIZON, LADDER),
    "depth_imbalance": ({"depth_imbalance": 0.8}, {"strategy__alpha_channel": "none"}, HJB),
}
ELSEWHERE = {
    "touch_volume_bid": "fill probability: mmtui/engine/quoting",
    "touch_volume_ask": "fill probability: mmtui/engine/quoting",
    "cascade_direction": "the side that is pulled: mmtui/engine/quoting",
}
INFORMING = {
    "market_spread": 5e-4,
    "is_toxic": True,
    "volatility_regime": 2,
    "sigma_forecast": 5e-4,
    "jump_rate": 0.1,
    "jump_variance": 1e-7,
    "beta_book": 1e-4,
    "beta_flow": 1e-4,
    "momentum_fast": 3.0,
    "momentum_slow": 3.0,
    "filtered_mid": 99_000.0,
    "informed_bid": 0.5,
    "informed_ask": 0.5,
    "vpin": 0.9,
    "is_flow_toxic": True,
    "cascade_raw": 3.0,
    "premium": 1e-3,
    "funding_hourly": 1e-3,
}


def quoted(name: str, signals: dict[str, float], changes: Changes) -> list[tuple[int, int, int, int]]:
    """Every level of a dealer long, then short, a fifth of the limit, in settings without floors."""
    chosen = settings(
        risk__min_half_spread_bps=0.1,
        strategy__min_full_skew_ratio=0.0,
        strategy__ladder_config__min_depth_bps=0.0,
        **changes,
    )
    view = estimates(sigma=5e-4, **signals)
    levels = []
    for position in (1000, -1000):
        ladder = BUILT_IN[name]().ladder(context(position=position, view=view), chosen)
        levels += [(int(level.side), level.index, level.price, level.size) for level in (*ladder.bids, *ladder.asks)]
    return levels


def test_every_signal_is_known_to_price_or_to_inform() -> None:
    known = [*PRICED, *ELSEWHERE, *INFORMING]
    assert sorted(known) == sorted(field.name for field in msgspec.structs.fields(Signals))


@pytest.mark.parametrize("field", PRICED)
def test_a_signal_that_prices_moves_a_quote(field: str) -> None:
    signals, changes, name = PRICED[field]
    without = {key: value for key, value in signals.items() if key != field}
    assert quoted(name, signals, changes) != quoted(name, without, changes)


@pytest.mark.parametrize("field", INFORMING)
def test_a_signal_that_informs_moves_nothing(field: str) -> None:
    for mode in ("glft", "glft_exact", "as_horizon", "literal"):
        changes: Changes = {"strategy__glft_mode": mode}
        assert quoted(LADDER, {field: INFORMING[field]}, changes) == quoted(LADDER, {}, changes)
    assert quoted(HJB, {field: INFORMING[field]}, {}) == quoted(HJB, {}, {})


def test_every_setting_is_read_by_the_program() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if "parameters" not in path.parts]
    text = "\n".join(path.read_text() for path in files)
    # A section may be read under a name of its own, such as f"{SECTION}.max_depth_bps".
    unread = [row.key for row in PARAMETERS if f'"{row.key}"' not in text and f'}}.{row.name}"' not in text]
    assert unread == []

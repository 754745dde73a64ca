"""The time in which inventory reverts, as the strategies tell it."""

import pytest

from tests.checks.quotes import quotes
from tests.unit.strategies.quote_contexts import PURE, context, estimates


@pytest.mark.parametrize("name", ["glft", "ladder"])
def test_inventory_reverts_in_the_time_of_the_check_value(name: str) -> None:
    insight = quotes(context(), PURE, name).insight
    assert insight is not None
    assert {row[0]: row[1] for row in insight.figures}["inventory_relaxation"] == pytest.approx(114.155199)


def test_nothing_is_told_where_nothing_pulls() -> None:
    assert quotes(context(view=estimates(sigma=0.0)), PURE).insight is None
    literal = PURE.with_values({"strategy.glft_mode": "literal"})
    assert quotes(context(), literal).insight is None

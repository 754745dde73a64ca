"""The queue before an order against the exchange's own, which has the true one."""

import pytest

from tests.truth.queues import STILL, Errors, followed

SECONDS = 240


@pytest.fixture(scope="module", params=[("BTC", 2), ("ETH", 2)], ids=lambda market: market[0])
def errors(request: pytest.FixtureRequest) -> dict[str, Errors]:
    return followed(*request.param, SECONDS)


def test_enough_orders_were_followed(errors: dict[str, Errors]) -> None:
    assert len(errors[STILL].orders) >= 60
    assert errors[STILL].n >= 1_500


def test_the_probable_front_is_off_by_three_tenths_of_the_queue_at_most_and_leans_to_neither_side(
    errors: dict[str, Errors],
) -> None:
    found = errors["power 2, the default"]
    assert found.mean_error <= 0.3
    assert -0.15 <= found.bias <= 0.15


def test_following_the_level_knows_more_than_not_following_it(errors: dict[str, Errors]) -> None:
    assert errors["power 2, the default"].mean_error < 0.7 * errors[STILL].mean_error


def test_the_cautious_front_is_hardly_ever_too_small(errors: dict[str, Errors]) -> None:
    found = errors["conservative"]
    assert found.share_under <= 0.05
    assert found.bias > errors["power 2, the default"].bias


def test_the_documents_decay_takes_the_queue_to_be_shorter_than_it_is(errors: dict[str, Errors]) -> None:
    assert errors["decay"].bias < errors["power 2, the default"].bias
    assert errors["decay"].share_under > errors["power 2, the default"].share_under

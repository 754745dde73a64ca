"""A served exchange with still books, and traders who use the official SDK on it."""

from collections.abc import Iterator

import pytest

from tests.venue.exchange.sdk_traders import Listening, Trader
from tests.venue.exchange.served import Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served() as running:
        yield running


@pytest.fixture
def trader(served: Served) -> Iterator[Trader]:
    one = Trader(served.url)
    yield one
    one.close()


@pytest.fixture
def other(served: Served) -> Iterator[Trader]:
    one = Trader(served.url)
    yield one
    one.close()


@pytest.fixture
def listening(served: Served) -> Iterator[Listening]:
    one = Listening(served.url)
    yield one
    one.close()

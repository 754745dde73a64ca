"""Own orders in the book: what is ours never counts as ahead, and each picture counts from when it holds us."""

from mmtui.domain.book import Book, Touch, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.queue.own import ORDERS_MAX, OwnQueues
from mmtui.estimators.queue.touch_volume import AWAY_S, OPEN_MAX, TouchVolume, TouchVolumes

SETTINGS = Settings.defaults()


def book(at_ms: int, bids: dict[float, float], asks: dict[float, float] | None = None) -> Book:
    asks = asks or {101.0: 5.0, 102.0: 5.0}
    return Book(at_ms, tuple(bids), tuple(bids.values()), tuple(asks), tuple(asks.values()))


def sell(at_ms: int, price: float, size: float, tid: int = 1) -> Trade:
    return Trade(at_ms, Side.SELL, price, size, tid)


def front(queues: OwnQueues, key: str = "a") -> float | None:
    ahead = queues.find(key)
    assert ahead is not None
    return queues.front(ahead)


def test_the_level_before_we_rest_stands_before_us() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    assert front(queues) == 8.0


def test_a_book_that_holds_us_already_counts_without_us() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_100, {100.0: 10.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    assert front(queues) == 8.0
    queues.on_book(1.5, book(1_500, {100.0: 10.0, 99.0: 3.0}))
    assert front(queues) == 8.0


def test_of_those_who_came_about_when_we_did_all_or_some_stand_before_us() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    queues.on_book(1.5, book(1_500, {100.0: 15.0, 99.0: 3.0}))
    ahead = queues.find("a")
    assert ahead is not None
    assert ahead.cautious == 13.0
    assert ahead.probable == 8.0 + 5.0 / 5.0
    queues.on_book(2.0, book(2_000, {100.0: 20.0, 99.0: 3.0}))
    assert ahead.cautious == 13.0


def test_the_venues_time_of_resting_replaces_that_of_the_answer() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_050, {100.0: 10.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_200)
    assert front(queues) == 10.0
    queues.rest(1.3, "a", Side.BUY, 100.0, 2.0, 1_040)
    assert front(queues) == 8.0


def test_prints_at_our_price_come_off_the_front_and_prints_beyond_it_fill_us() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    queues.on_trade(Trade(1_200, Side.BUY, 100.0, 5.0, 1))
    assert front(queues) == 8.0
    queues.on_trade(sell(1_200, 100.0, 5.0))
    assert front(queues) == 3.0
    queues.on_trade(sell(1_300, 99.0, 1.0))
    assert front(queues) == 0.0
    ahead = queues.find("a")
    assert ahead is not None and ahead.is_through


def test_a_print_from_before_we_rested_is_not_ours_to_count() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    queues.on_trade(sell(1_050, 99.0, 5.0))
    assert front(queues) == 8.0


def test_a_partial_fill_puts_the_rest_at_the_front() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    queues.resize("a", 2.0)
    assert front(queues) == 8.0
    queues.resize("a", 1.5)
    assert front(queues) == 0.0
    queues.on_book(1.5, book(1_500, {100.0: 6.5, 99.0: 3.0}))
    assert front(queues) == 0.0


def test_what_is_not_shown_is_not_known_and_counts_as_empty() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 90.0, 2.0, 1_100)
    queues.on_book(1.5, book(1_500, {100.0: 8.0, 99.0: 3.0}))
    assert front(queues) is None
    assert queues.others_at(Side.BUY, 90.0) == 0.0
    queues.on_book(2.0, book(2_000, {91.0: 8.0, 90.0: 7.0}))
    assert front(queues) == 5.0


def test_a_touch_behind_us_leaves_nobody_before_us_and_one_at_our_price_says_how_many() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    queues.on_touch(1.3, Touch(1_300, 100.0, 6.0, 101.0, 5.0))
    assert front(queues) == 4.0
    queues.on_touch(1.4, Touch(1_400, 100.5, 1.0, 101.0, 5.0))
    assert front(queues) == 4.0
    queues.on_touch(1.5, Touch(1_500, 99.0, 3.0, 101.0, 5.0))
    assert front(queues) == 0.0


def test_sells_are_the_mirror_of_buys() -> None:
    queues = OwnQueues(SETTINGS)
    queues.on_book(1.0, book(1_000, {100.0: 8.0}, {101.0: 8.0, 102.0: 3.0}))
    queues.rest(1.2, "a", Side.SELL, 101.0, 2.0, 1_100)
    queues.on_trade(Trade(1_200, Side.BUY, 101.0, 5.0, 1))
    assert front(queues) == 3.0
    queues.on_trade(Trade(1_300, Side.BUY, 102.0, 1.0, 2))
    assert front(queues) == 0.0


def test_the_setting_chooses_the_model_at_once() -> None:
    fronts = {}
    for model in ("power", "log", "conservative", "decay"):
        queues = OwnQueues(SETTINGS.with_values({"estimators.queue_model": model}))
        queues.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
        queues.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
        queues.on_book(1.5, book(1_500, {100.0: 10.0, 99.0: 3.0}))
        queues.on_book(2.0, book(2_000, {100.0: 30.0, 99.0: 3.0}))
        queues.on_book(3.0, book(3_000, {100.0: 20.0, 99.0: 3.0}))
        fronts[model] = front(queues)
    assert fronts["conservative"] == 8.0
    assert len({round(one or 0.0, 9) for one in fronts.values()}) == 4
    steep = OwnQueues(SETTINGS.with_values({"estimators.queue_power": 8.0}))
    steep.on_book(1.0, book(1_000, {100.0: 8.0, 99.0: 3.0}))
    steep.rest(1.2, "a", Side.BUY, 100.0, 2.0, 1_100)
    steep.on_book(1.5, book(1_500, {100.0: 10.0, 99.0: 3.0}))
    steep.on_book(2.0, book(2_000, {100.0: 30.0, 99.0: 3.0}))
    steep.reconfigure(SETTINGS)
    steep.on_book(3.0, book(3_000, {100.0: 20.0, 99.0: 3.0}))
    assert front(steep) == fronts["power"]


def test_orders_that_leave_are_forgotten_and_no_more_than_a_bound_is_followed() -> None:
    queues = OwnQueues(SETTINGS)
    for place in range(ORDERS_MAX + 10):
        queues.rest(1.0, str(place), Side.BUY, 100.0 - place, 1.0, 1_000)
    assert len(queues) == ORDERS_MAX
    for place in range(ORDERS_MAX + 10):
        queues.leave(str(place))
    assert len(queues) == 0
    queues.on_trade(sell(2_000, 50.0, 1.0))


def test_volume_is_averaged_by_episode_from_a_prior_of_three_orders() -> None:
    volume = TouchVolume()
    assert volume.value(2.0) == 6.0
    volume.on_touch(0.0, 100.0)
    volume.on_trade(0.5, 100.0, 4.0)
    volume.on_touch(1.0, 99.0)
    volume.on_touch(1.0 + AWAY_S / 2, 100.0)
    volume.on_trade(1.6, 100.0, 3.0)
    volume.on_touch(2.0, 99.0)
    assert volume.n_eff == 0.0
    volume.on_touch(2.1 + AWAY_S, 98.0)
    assert volume.n_eff == 1.0
    total, weight, _ = volume.weights
    assert abs(total / weight - 7.0) < 1e-9


def test_an_average_of_episodes_forgets_its_prior() -> None:
    volume = TouchVolume()
    for place in range(1_000):
        volume.on_touch(10.0 * place, 100.0 + place)
        volume.on_trade(10.0 * place, 100.0 + place, 2.0)
    assert abs(volume.value(1e6) - 2.0) < 5.0


def test_a_sweep_of_any_length_leaves_a_bounded_number_of_open_prices() -> None:
    volume = TouchVolume()
    for place in range(5 * OPEN_MAX):
        volume.on_trade(0.0, 100.0 - place / 100.0, 1.0)
    assert len(volume._open) <= OPEN_MAX


def test_the_volume_of_a_side_is_what_hits_it_and_outlives_the_process() -> None:
    volumes = TouchVolumes()
    for place in range(20):
        volumes.on_touch(2.0 * place, 100.0 - place, 101.0 + place)
        volumes.on_trade(2.0 * place, Trade(place, Side.SELL, 100.0 - place, 3.0, place, f"0x{place + 1}"))
    again = TouchVolumes()
    again.recall(volumes.memory())
    assert volumes.value(Side.BUY) > 3.0 > volumes.value(Side.SELL)
    assert (again.value(Side.BUY), again.value(Side.SELL)) == (volumes.value(Side.BUY), volumes.value(Side.SELL))

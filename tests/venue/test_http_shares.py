"""How queries share the request weight of an IP: nobody starves, and what never left costs nothing."""

from mmtui.venues.hyperliquid.account.reader import SNAPSHOT_WEIGHT
from mmtui.venues.hyperliquid.http import Rest, RestAnswer
from mmtui.venues.hyperliquid.networks import Network, network


class Wire(Rest):
    """Answers at once, at a time that the test sets, or cannot connect."""

    __slots__ = ("is_reachable", "now")

    def __init__(self, where: Network) -> None:
        super().__init__(where, clock=lambda: self.now)
        self.now, self.is_reachable = 1_000.0, True

    async def _post(self, route: str, body: bytes) -> RestAnswer:
        return RestAnswer(200, b"{}") if self.is_reachable else RestAnswer(0, b"", False, "cannot connect")


def _wire() -> Wire:
    return Wire(network("localhost"))


async def test_questions_about_many_orders_and_the_account_do_not_starve_each_other() -> None:
    """Eight open questions and a doubted account, each asked again every second for ten minutes."""
    wire, statuses, snapshots = _wire(), 0, 0
    for second in range(600):
        wire.now = 1_000.0 + second
        for _ in range(8):
            statuses += (await wire.info({"type": "orderStatus"})).is_ok
        if not wire.lacks(SNAPSHOT_WEIGHT):
            for kind in ("frontendOpenOrders", "clearinghouseState", "userFillsByTime", "userFunding"):
                assert (await wire.info({"type": kind})).is_ok
            snapshots += 1
    assert statuses >= 10 * 140
    assert snapshots >= 10 * 6


async def test_a_venue_that_cannot_be_reached_costs_no_weight() -> None:
    wire = _wire()
    wire.is_reachable = False
    for _ in range(100):
        await wire.info({"type": "frontendOpenOrders"})
        await wire.info({"type": "orderStatus"})
        await wire.exchange(b"", 1)
    wire.is_reachable = True
    assert wire.weight.used(wire.now) == 0
    assert (await wire.info({"type": "orderStatus"})).is_ok


async def test_while_no_order_is_asked_about_the_account_has_all_but_the_reserve_of_orders() -> None:
    wire = _wire()
    for _ in range((1200 - 200) // 20):
        assert (await wire.info({"type": "frontendOpenOrders"})).is_ok
    assert not (await wire.info({"type": "frontendOpenOrders"})).is_ok
    assert wire.weight.used(wire.now) == 1000

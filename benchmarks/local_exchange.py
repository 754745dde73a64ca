"""What the local exchange does with signed ten-order actions on one core.

    python benchmarks/local_exchange.py [--actions N] [--rounds N] [--json]

Each action is posted as bytes: decoded, its signer recovered, its ten orders checked, margined,
matched and rested, and its answer rendered. Half of the orders cross the other accounts' orders.
Client, sockets and the background market are left out. Goal: 2,000 actions a second.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time

import msgspec

from mmtui.domain.instrument import Instrument, Side
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.exchange_route import ActionRoute
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from mmtui.venues.hyperliquid import actions
from mmtui.venues.hyperliquid.signing import Secret, Signer

GOAL_PER_S = 2_000
START_MS = 1_790_000_000_000
ACCOUNTS = 40
BLOCK_ACTIONS = 100
COIN = "hyna:BTC"


def an_exchange() -> tuple[Exchange, Instrument]:
    """A fresh exchange whose background stands still: its clock hardly moves."""
    instrument = default_listing().instrument(COIN)
    assert instrument is not None
    market = SyntheticMarket(instrument, random.Random(1), speed=1e-6)
    return Exchange(default_listing(), [market], balance_usd=1e9, start_ms=START_MS), instrument


def ten_orders(rng: random.Random, instrument: Instrument, mid: int) -> actions.Order:
    """Five bids and five asks over a few ticks on both sides of ``mid``, which is in price units."""
    orders = []
    for level in range(5):
        for side in Side:
            price = mid + rng.randint(-4, 4) * instrument.tick(mid) - side * level * instrument.tick(mid)
            text = instrument.wire_price(instrument.floor_price(price))
            size = instrument.wire_size(rng.randint(100, 400))
            orders.append(actions.OrderWire(instrument.asset_id, side is Side.BUY, text, size, False, actions.GTC))
    return actions.Order(orders, "na")


def signed_bodies(count: int) -> list[bytes]:
    """The posted bytes of ``count`` actions, by account in turn."""
    rng = random.Random(7)
    exchange, instrument = an_exchange()
    mid = instrument.price_units(exchange.context(COIN).mark)
    signers = [Signer(Secret(f"0x{number + 1:064x}"), is_mainnet=False) for number in range(ACCOUNTS)]
    bodies = []
    for number in range(count):
        action, nonce = ten_orders(rng, instrument, mid), START_MS + number
        signature = signers[number % ACCOUNTS].sign(action, nonce)
        envelope = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None}
        bodies.append(msgspec.json.encode(envelope))
    return bodies


async def one_round(bodies: list[bytes]) -> tuple[float, int, int]:
    """Seconds, orders accepted and fills of all bodies on a fresh exchange."""
    exchange, _ = an_exchange()
    route = ActionRoute(exchange, lambda: exchange.now_ms)
    accepted = 0
    began = time.perf_counter()
    for start in range(0, len(bodies), BLOCK_ACTIONS):
        waiting = [asyncio.ensure_future(route.answer(body, None)) for body in bodies[start : start + BLOCK_ACTIONS]]
        await asyncio.sleep(0)
        exchange.advance(exchange.next_block_ms())
        for answer in await asyncio.gather(*waiting):
            accepted += answer.body.count(b"oid")
    spent = time.perf_counter() - began
    return spent, accepted, len(exchange.recent_trades(COIN))


def main() -> int:
    """Run the rounds and print the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    bodies = signed_bodies(options.actions)
    rounds = [asyncio.run(one_round(bodies)) for _ in range(options.rounds)]
    rates = [len(bodies) / seconds for seconds, _, _ in rounds]
    result = {
        "actions_per_s_median": round(statistics.median(rates)),
        "actions_per_s_best": round(max(rates)),
        "goal_per_s": GOAL_PER_S,
        "orders_accepted_share": round(rounds[0][1] / (10 * len(bodies)), 3),
        "trades_kept": rounds[0][2],
    }
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        sys.stdout.write("\n".join(f"{name:24} {value:>10}" for name, value in result.items()) + "\n")
    return 0 if result["actions_per_s_median"] >= GOAL_PER_S else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""A desk for tests of the controls: BTC around 100,000 USD, market 99,999 / 100,001, everything allowed."""

from random import Random

import msgspec
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.order import Order, OrderState, OrderTerms, Purpose, TimeInForce
from mmtui.risk.controls import Gate, OpenCaps, Permit

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
BID, MID, ASK = 999_990, 1_000_000, 1_000_010
TICK = 10
NONSENSE = (float("nan"), float("inf"), float("-inf"), 0.0, -1.0)


def gate(*, caps=(40, 10**12), **changes):
    """Prices in units of 0.1 USD, sizes in units of 0.00001 BTC; the clip is 0.1 BTC, the limit 0.5."""
    values = {
        "instrument": BTC,
        "permit": Permit.ADD,
        "position": 0,
        "reserved": (0, 0),
        "limit": 50_000,
        "clip": 10_000,
        "references": (100_000.0, 100_000.0, 100_000.0),
        "collar": 0.01,
        "book_bid": BID,
        "book_ask": ASK,
        "is_fresh": True,
        "caps": OpenCaps(orders=caps[0], notional_micro=caps[1]),
    }
    return Gate(**{**values, **changes})


def quote(side=Side.BUY, *, size=1000, price=None, **changes):
    values = {
        "cloid": "0x6d6d7475" + "0" * 24,
        "side": side,
        "price": MID if price is None else price,
        "size": size,
        "tif": TimeInForce.ALO,
        "purpose": Purpose.QUOTE,
        "reduce_only": False,
        "level": 0,
        "created_at": 0.0,
        "expires_at_ms": 0,
    }
    return OrderTerms(**{**values, **changes})


def flatten(side, size, **changes):
    values = {"tif": TimeInForce.IOC, "purpose": Purpose.FLATTEN, "reduce_only": True}
    return quote(side, size=size, **{**values, **changes})


def live(side, *, price, size=1000, state=OrderState.RESTING, filled=0):
    order = Order(quote(side, price=price, size=size))
    order.state, order.filled = state, filled
    return order


def changed(struct, **changes):
    return msgspec.structs.replace(struct, **changes)


seeds = st.integers(0, 2**64 - 1)


class Draw:
    """Random desks, orders and proposals from one seed, most of them ordinary and some of them absurd."""

    def __init__(self, seed):
        self.rng = Random(seed)

    def rarely(self, chance=0.05):
        return self.rng.random() < chance

    def side(self):
        return self.rng.choice(list(Side))

    def price(self, side):
        if self.rarely():
            return self.rng.choice([self.rng.randint(980_000, 1_020_000), self.rng.randint(-10, 10)])
        return MID + TICK * self.rng.randint(-2, 30) * -side

    def size(self):
        return self.rng.randint(*self.rng.choice([(-1, 15), (10, 3000), (10, 3000), (10, 30_000)]))

    def proposal(self):
        side = self.side()
        if self.rarely(0.2):
            return flatten(side, abs(self.size()) + 1, price=self.price(side))
        return quote(
            side,
            size=self.size(),
            price=self.price(side),
            tif=self.rng.choice(list(TimeInForce)) if self.rarely() else TimeInForce.ALO,
            reduce_only=self.rarely(0.4),
        )

    def batch(self):
        batch = [self.proposal() for _ in range(self.rng.randint(1, 8))]
        return [*batch, batch[0]] if self.rarely(0.2) else batch

    def live(self):
        side = self.side()
        state = self.rng.choice(list(OrderState)) if self.rarely(0.3) else OrderState.RESTING
        price = MID + TICK * self.rng.randint(-2, 30) * -side
        return live(side, price=price, size=self.rng.randint(10, 5000), filled=self.rng.randint(0, 9), state=state)

    def reference(self):
        return self.rng.choice(NONSENSE) if self.rarely() else self.rng.uniform(99_800.0, 100_200.0)

    def desk(self, *permits):
        """A gate and live orders that agree with each other, foreign orders included."""
        rng, alive = self.rng, [self.live() for _ in range(self.rng.randint(0, 4))]
        reserved = [rng.choice([0, 0, 0, rng.randint(0, 9000)]) for _ in Side]
        for order in alive:
            reserved[0 if order.side is Side.BUY else 1] += order.reserved
        half = TICK * rng.randint(1, 10)
        built = gate(
            permit=rng.choice(permits or tuple(Permit)),
            position=rng.choice(
                [sign * rng.randint(0, most) for sign in (-1, 1) for most in (15, 5000, 30_000, 60_000)]
            ),
            reserved=tuple(reserved),
            limit=rng.choice([rng.randint(0, 60_000), 50_000, 50_000]),
            clip=rng.choice([rng.randint(0, 40_000), 20_000, 20_000, 15]),
            references=tuple(self.reference() for _ in range(0 if self.rarely() else rng.randint(1, 3))),
            collar=float("nan") if self.rarely(0.03) else rng.choice([0.002, 0.01, 0.02]),
            book_bid=0 if self.rarely(0.03) else MID - half,
            book_ask=MID - half if self.rarely(0.03) else MID + half,
            is_fresh=not self.rarely(),
            caps=(rng.choice([40, rng.randint(0, 15)]), rng.choice([10**12, rng.randint(0, 10**11)])),
        )
        return built, alive

    def tightened(self, known, alive):
        """The same desk with one thing stricter."""
        rng, (buys, sells) = self.rng, known.reserved
        order = self.live()
        own = (buys + order.reserved, sells) if order.side is Side.BUY else (buys, sells + order.reserved)
        nearer = rng.randint(0, 5) * TICK
        permits = [permit for permit in Permit if list(Permit).index(permit) <= list(Permit).index(known.permit)]
        fewer = OpenCaps(
            orders=rng.randint(0, known.caps.orders), notional_micro=rng.randint(0, known.caps.notional_micro)
        )
        change = rng.choice(
            [
                {"permit": rng.choice(permits)},
                {"limit": rng.randint(0, known.limit)},
                {"clip": rng.randint(0, known.clip)},
                {"collar": known.collar * rng.random()},
                {"is_fresh": False},
                {"caps": fewer},
                {"reserved": (buys + rng.randint(0, 9000), sells + rng.randint(0, 9000))},
                {"reserved": own},
                {"book_bid": known.book_bid and known.book_bid + nearer, "book_ask": known.book_ask - nearer},
            ]
        )
        return changed(known, **change), [*alive, order] if change.get("reserved") == own else alive

"""`mmtui status`: the account as one object, and as lines for people. Foreign text is made printable."""

from collections.abc import Iterator

from mmtui.domain.cloid import is_ours
from mmtui.runtime.commands.access import Access
from mmtui.runtime.files import utc_text
from mmtui.runtime.instances import is_locked
from mmtui.runtime.logs.lines import printable
from mmtui.runtime.state import MarketFiles, market_id
from mmtui.venues.hyperliquid.account.overview import Holding, agents, leverage_of, read_overview
from mmtui.venues.hyperliquid.wire import WireOrder

SCHEMA = 1


async def account_status(access: Access) -> dict[str, object]:
    """Everything `mmtui status --json` prints; money in USD, sizes in base units, fees as fractions."""
    seen = await read_overview(access.rest, access.account, access.dex)
    leverage = await leverage_of(access.rest, access.account, access.coin)
    market = market_id(access.network.name, access.coin, access.account)
    latch = MarketFiles(access.folder, market).latched()
    return {
        "schema": SCHEMA,
        "network": access.network.name,
        "dex": access.dex or "main",
        "account": access.account,
        "coin": access.coin,
        "account_value_usd": seen.account_value_usd,
        "margin_used_usd": seen.margin_used_usd,
        "available_margin_usd": seen.withdrawable_usd,
        "leverage": {"coin": access.coin, "value": leverage.value, "type": leverage.type},
        "positions": [_position(holding) for holding in seen.holdings],
        "open_orders": {
            "own": [_order(order) for order in seen.orders if is_ours(order.cloid)],
            "foreign": [_order(order) for order in seen.orders if not is_ours(order.cloid)],
        },
        "fees": {"maker": seen.fees.user_add_rate, "taker": seen.fees.user_cross_rate},
        "requests": {"used": seen.requests.n_requests_used, "cap": seen.requests.n_requests_cap},
        "agent": await _agent(access),
        "engine": {"market": market, "running": is_locked(access.folder, market)},
        "killed": None if latch is None else {"at": latch.at, "reason": latch.reason, "detail": latch.detail},
        "notes": list(access.notes),
    }


def lines(status: dict[str, object]) -> Iterator[str]:
    """The same for people, from the object that ``account_status`` made."""
    yield f"{status['network']}  {status['dex']}  account {status['account']}"
    yield (
        f"value {_usd(status['account_value_usd'])}  margin used {_usd(status['margin_used_usd'])}"
        f"  available {_usd(status['available_margin_usd'])}"
    )
    leverage, fees, requests = (_table(status[name]) for name in ("leverage", "fees", "requests"))
    yield f"leverage on {leverage['coin']}: {leverage['value']}x {leverage['type']}"
    yield f"fees: maker {_bps(fees['maker'])}, taker {_bps(fees['taker'])}"
    yield f"requests: {requests['used']:,} of {requests['cap']:,} used"
    agent = status["agent"]
    if isinstance(agent, dict):
        name, until = printable(str(agent["name"])), utc_text(agent["valid_until_s"])
        yield f"agent {agent['address']} {name}: valid until {until}"
    yield from _position_lines(status["positions"])
    orders = _table(status["open_orders"])
    for title, listed in (("own orders", orders["own"]), ("foreign orders", orders["foreign"])):
        yield from _order_lines(title, listed)
    engine = _table(status["engine"])
    yield f"engine {engine['market']}: {'running' if engine['running'] else 'not running'}"
    killed = status["killed"]
    if isinstance(killed, dict):
        yield f"KILLED {utc_text(killed['at'])}: {printable(killed['reason'])}; clear with `mmtui resume --reason TEXT`"
    notes = status["notes"]
    assert isinstance(notes, list)
    yield from (f"note: {printable(note)}" for note in notes)


async def _agent(access: Access) -> dict[str, object] | None:
    if access.credentials is None or access.credentials.signer.address == access.account:
        return None
    address = access.credentials.signer.address
    for agent in await agents(access.rest, access.account):
        if agent.address.lower() == address:
            return {"address": address, "name": agent.name, "valid_until_s": agent.valid_until / 1000.0}
    return None


def _position(holding: Holding) -> dict[str, object]:
    return {
        "coin": holding.coin,
        "size": float(holding.szi),
        "entry": holding.entry_px,
        "value_usd": holding.position_value,
        "unrealised_usd": holding.unrealized_pnl,
        "leverage": holding.leverage.value,
        "margin": holding.leverage.type,
        "liquidation": holding.liquidation_px,
    }


def _order(order: WireOrder) -> dict[str, object]:
    return {
        "coin": order.coin,
        "side": "BUY" if order.side == "B" else "SELL",
        "price": float(order.limit_px),
        "size": float(order.sz),
        "oid": order.oid,
        "cloid": order.cloid,
        "reduce_only": order.reduce_only,
        "is_trigger": order.is_trigger,
    }


def _position_lines(positions: object) -> Iterator[str]:
    assert isinstance(positions, list)
    yield f"positions: {len(positions) or 'none'}"
    for row in positions:
        entry = "?" if row["entry"] is None else f"{row['entry']:g}"
        liquidation = "none" if row["liquidation"] is None else f"{row['liquidation']:g}"
        yield (
            f"  {printable(row['coin']):<12} {row['size']:+g} at {entry}  value {_usd(row['value_usd'])}"
            f"  unrealised {_usd(row['unrealised_usd'])}  {row['leverage']}x {row['margin']}  liquidation {liquidation}"
        )


def _order_lines(title: str, orders: object) -> Iterator[str]:
    assert isinstance(orders, list)
    yield f"{title}: {len(orders) or 'none'}"
    for row in orders:
        flags = " reduce-only" * row["reduce_only"] + " trigger" * row["is_trigger"]
        what = f"{row['side']:<4} {row['size']:g} at {row['price']:g}"
        yield f"  {printable(row['coin']):<12} {what}  oid {row['oid']}{flags}"


def _table(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _usd(value: object) -> str:
    return f"{value:,.2f} USD"


def _bps(value: object) -> str:
    assert isinstance(value, int | float)
    return f"{value * 1e4:g} bps"

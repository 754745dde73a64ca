"""Margin tiers and open interest caps as the venue's reference data tells them.

Owns the reading of ``meta.marginTables`` and of a builder dex's caps. What cannot be read counts as not told: a
contract then has one tier, at its own highest leverage, and no cap. Source: hyperliquid-protocol.md 8.1 and 10.1.
"""

import itertools
import math

import msgspec

from mmtui.domain.instrument import MarginTier

_TIERS_MAX = 20


class _Tier(msgspec.Struct, frozen=True, rename="camel"):
    lower_bound: float
    max_leverage: int


class _Table(msgspec.Struct, frozen=True, rename="camel"):
    margin_tiers: tuple[_Tier, ...]


_tables = msgspec.json.Decoder(tuple[tuple[int, _Table], ...], strict=False)
_caps = msgspec.json.Decoder(tuple[tuple[str, float], ...], strict=False)


def tiers_of(tables: msgspec.Raw, table_id: int, max_leverage: int) -> tuple[MarginTier, ...]:
    """The tiers of the table with this id; empty where there is one tier only, or none that can be understood."""
    try:
        listed = dict(_tables.decode(tables))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    table = listed.get(table_id)
    if table is None or not 1 < len(table.margin_tiers) <= _TIERS_MAX:
        return ()
    tiers = tuple(MarginTier(tier.lower_bound, tier.max_leverage) for tier in table.margin_tiers)
    pairs = list(itertools.pairwise(tiers))
    is_sane = (
        tiers[0] == MarginTier(0.0, max_leverage)
        and all(a.lower_bound_usd < b.lower_bound_usd < math.inf for a, b in pairs)
        and all(a.max_leverage > b.max_leverage >= 1 for a, b in pairs)
    )
    return tiers if is_sane else ()


def cap_of(caps: msgspec.Raw, coin: str) -> float | None:
    """The cap on a contract's open interest in USD; None where none is told."""
    try:
        cap = dict(_caps.decode(caps)).get(coin)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return cap if cap is not None and 0.0 <= cap < math.inf else None

"""From the venue's metadata to the instrument to trade.

Owns the asset numbering (``position`` on the main dex, ``100000 + 10000 * dexIndex + position`` on a
builder dex; delisted entries keep their slot and the leading null of ``perpDexs`` is counted), names
and their aliases. Never hard-codes an id. Source: hyperliquid-protocol.md 2, 10.1; decisions.md
rulings 18, 32.
"""

import difflib
from collections.abc import Sequence

import msgspec

from mmtui.domain.instrument import Instrument, MarginMode
from mmtui.errors import REMEDIES, ConfigError, VenueCode, VenueError
from mmtui.venues.hyperliquid.margin_tables import cap_of, tiers_of

DEX_ALIASES = {"hyena": "hyna", "felix": "flx"}
_SIZE_DECIMALS_MAX = 6
_NAME_LENGTH_MAX = 64
_NONE = msgspec.Raw(b"null")


class AssetMeta(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of ``meta.universe``."""

    name: str
    sz_decimals: int
    max_leverage: int
    is_delisted: bool = False
    only_isolated: bool = False
    margin_mode: str | None = None
    growth_mode: str | None = None
    deployer_fee_scale: float | None = None
    margin_table_id: int = 0


class Meta(msgspec.Struct, frozen=True, rename="camel"):
    """The universe of one dex; ``collateral_token`` is a spot token index."""

    universe: tuple[AssetMeta, ...]
    collateral_token: int = 0
    margin_tables: msgspec.Raw = _NONE


class Dex(msgspec.Struct, frozen=True, rename="camel"):
    """One builder dex of ``perpDexs``."""

    name: str
    full_name: str = ""
    deployer: str | None = None
    deployer_fee_scale: float | None = None
    asset_to_streaming_oi_cap: msgspec.Raw = _NONE


class SpotToken(msgspec.Struct, frozen=True):
    """One token of ``spotMeta``."""

    name: str
    index: int


class SpotMeta(msgspec.Struct, frozen=True):
    """Tokens by index, for the names of collaterals."""

    tokens: tuple[SpotToken, ...]


_meta_decoder = msgspec.json.Decoder(Meta, strict=False)
_dexes_decoder = msgspec.json.Decoder(tuple[Dex | None, ...], strict=False)
_spot_decoder = msgspec.json.Decoder(SpotMeta, strict=False)


def decode_meta(body: bytes) -> Meta:
    """The answer to ``meta``; raises VenueError."""
    try:
        return _meta_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VenueError("the venue's list of assets cannot be read", remedy="try again later") from error


def decode_dexes(body: bytes) -> tuple[Dex | None, ...]:
    """The answer to ``perpDexs``, the leading null included; raises VenueError."""
    try:
        return _dexes_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VenueError("the venue's list of dexes cannot be read", remedy="try again later") from error


def decode_tokens(body: bytes) -> dict[int, str]:
    """Token names by index from the answer to ``spotMeta``; raises VenueError."""
    try:
        return {token.index: token.name for token in _spot_decoder.decode(body).tokens}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VenueError("the venue's list of tokens cannot be read", remedy="try again later") from error


def find_dex(name: str, dexes: Sequence[Dex | None]) -> tuple[int, str, tuple[str, ...]]:
    """Index, name and notes of the dex called ``name``; "" is the main dex.

    Raises ConfigError ``DexNotFound`` with the nearest names.
    """
    if not name:
        return 0, "", ()
    names = {dex.name: index for index, dex in enumerate(dexes) if dex is not None}
    if name in names:
        return names[name], name, ()
    alias = DEX_ALIASES.get(name.lower(), name.lower())
    if alias in names:
        return names[alias], alias, (f"the dex {name!r} is called {alias!r} on the venue",)
    raise ConfigError(
        f"no dex is called {name!r}{_nearest(name, list(names))}",
        remedy=REMEDIES[VenueCode.DEX_NOT_FOUND],
        code=VenueCode.DEX_NOT_FOUND.value,
    )


def split_name(asset: str, dex: str) -> tuple[str, str]:
    """Coin without prefix and dex name from what the operator gave; raises ConfigError."""
    if "/" in asset or asset.startswith("@"):
        raise _asset_error(f"{asset!r} is a spot market; only perpetuals are traded")
    prefix, _, coin = asset.rpartition(":")
    if prefix and dex and DEX_ALIASES.get(prefix, prefix) != DEX_ALIASES.get(dex, dex):
        raise _asset_error(f"the asset {asset!r} is not on the dex {dex!r}")
    return coin, dex or prefix


def find_instrument(
    coin: str,
    meta: Meta,
    *,
    dex_index: int,
    dex: Dex | None,
    tokens: dict[int, str],
) -> Instrument:
    """The instrument ``coin`` (without prefix) of a dex; ``dex`` is None on the main dex.

    Raises ConfigError ``AssetNotFound`` with the nearest names, also for a delisted or unusable asset.
    """
    prefix = f"{dex.name}:" if dex else ""
    for position, asset in enumerate(meta.universe):
        if asset.name != prefix + coin:
            continue
        if asset.is_delisted:
            raise _asset_error(f"{asset.name} is delisted")
        if not (0 <= asset.sz_decimals <= _SIZE_DECIMALS_MAX and 0 < asset.max_leverage <= 1000):
            raise _asset_error(f"the venue describes {asset.name} in a way that cannot be traded")
        first = 100_000 + 10_000 * dex_index if dex_index else 0
        return Instrument(
            coin=asset.name,
            asset_id=first + position,
            size_decimals=asset.sz_decimals,
            max_leverage=asset.max_leverage,
            dex=dex.name if dex else "",
            collateral=tokens.get(meta.collateral_token, f"token {meta.collateral_token}"),
            margin_mode=_margin_mode(asset),
            growth_mode=asset.growth_mode == "enabled",
            deployer_fee_scale=_fee_scale(asset, dex),
            margin_tiers=tiers_of(meta.margin_tables, asset.margin_table_id, asset.max_leverage),
            open_interest_cap_usd=cap_of(dex.asset_to_streaming_oi_cap, asset.name) if dex else None,
        )
    where = f"the dex {dex.name}" if dex else "the main dex"
    listed = [asset.name.removeprefix(prefix) for asset in meta.universe if not asset.is_delisted]
    raise _asset_error(f"no perpetual is called {coin!r} on {where}{_nearest(coin, listed)}")


def restated(known: Instrument, meta: Meta) -> Instrument:
    """The contract as the venue describes it now; one that is no longer listed is delisted."""
    first = known.asset_id - known.asset_id % 10_000 if known.dex else 0
    for position, asset in enumerate(meta.universe):
        if asset.name == known.coin:
            return msgspec.structs.replace(
                known,
                asset_id=first + position,
                size_decimals=asset.sz_decimals,
                max_leverage=asset.max_leverage,
                margin_mode=_margin_mode(asset),
                is_delisted=asset.is_delisted,
                margin_tiers=tiers_of(meta.margin_tables, asset.margin_table_id, asset.max_leverage),
            )
    return msgspec.structs.replace(known, is_delisted=True)


def _margin_mode(asset: AssetMeta) -> MarginMode:
    if asset.margin_mode is None:
        return MarginMode.STRICT_ISOLATED if asset.only_isolated else MarginMode.CROSS
    if asset.margin_mode == MarginMode.NO_CROSS.value:
        return MarginMode.NO_CROSS
    # A mode this program does not know is taken for the strictest one.
    return MarginMode.STRICT_ISOLATED


def _fee_scale(asset: AssetMeta, dex: Dex | None) -> float:
    if dex is None:
        return 0.0
    for scale in (asset.deployer_fee_scale, dex.deployer_fee_scale):
        if scale is not None and 0.0 <= scale <= 10.0:
            return scale
    return 1.0


def _nearest(name: str, names: list[str]) -> str:
    by_lower = {candidate.lower(): candidate for candidate in names if len(candidate) <= _NAME_LENGTH_MAX}
    close = difflib.get_close_matches(name.lower()[:_NAME_LENGTH_MAX], by_lower, n=3, cutoff=0.5)
    return f" (nearest: {', '.join(by_lower[match] for match in close)})" if close else ""


def _asset_error(message: str) -> ConfigError:
    return ConfigError(message, remedy=REMEDIES[VenueCode.ASSET_NOT_FOUND], code=VenueCode.ASSET_NOT_FOUND.value)

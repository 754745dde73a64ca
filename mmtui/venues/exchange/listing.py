"""What is listed: dexes, contracts, collateral tokens and margin tables.

Owns the exchange's reference data and the default listing. Delisted contracts keep their slot, and
asset ids follow from position: ``100000 + 10000 * dex index + slot`` on builder dexes, the slot on
the main dex (protocol 2). Never changes once the exchange runs; ``with_instrument`` builds another.
"""

import msgspec

from mmtui.domain.instrument import Instrument, MarginMode
from mmtui.domain.instrument import MarginTier as InstrumentTier
from mmtui.domain.units import MICRO, UsdMicro
from mmtui.errors import ConfigError

BUILDER_ASSETS_FROM = 100_000
BUILDER_ASSETS_STEP = 10_000
SINGLE_TIER_TABLES_BELOW = 50
INTEREST_RATE_8H = 0.0001
IMPACT_NOTIONAL_MAJOR_USD_MICRO: UsdMicro = 20_000_000_000
IMPACT_NOTIONAL_USD_MICRO: UsdMicro = 6_000_000_000


class Token(msgspec.Struct, frozen=True):
    """A collateral token of the spot ledger; ``index`` is what ``meta.collateralToken`` names."""

    name: str
    index: int
    size_decimals: int = 2
    wei_decimals: int = 8

    @property
    def token_id(self) -> str:
        """A stable 16-byte id for the wire."""
        return f"0x{self.index:032x}"


class MarginTier(msgspec.Struct, frozen=True):
    """From ``lower_bound_micro`` of notional on, at most ``max_leverage``."""

    lower_bound_micro: UsdMicro
    max_leverage: int


class MarginTable(msgspec.Struct, frozen=True):
    """Leverage tiers by notional, ascending (protocol 8.1)."""

    table_id: int
    description: str
    tiers: tuple[MarginTier, ...]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument with its margin table and funding terms."""

    instrument: Instrument
    margin_table: MarginTable
    impact_notional_micro: UsdMicro = IMPACT_NOTIONAL_USD_MICRO
    interest_rate_8h: float = INTEREST_RATE_8H
    funding_multiplier: float = 1.0


class Dex(msgspec.Struct, frozen=True, kw_only=True):
    """One perp dex; ``index`` counts the main dex as 0, ``contracts`` are in slot order."""

    index: int
    name: str
    full_name: str
    collateral: Token
    contracts: tuple[Contract, ...]
    deployer: str = ""


USDC = Token("USDC", 0, 8)
USDE = Token("USDE", 235)
USDH = Token("USDH", 360)


def single_tier(max_leverage: int) -> MarginTable:
    """The unlisted table of a contract with one tier: its id is its leverage."""
    return MarginTable(max_leverage, "", (MarginTier(0, max_leverage),))


def _tiered(table_id: int, leverage: int, bound_usd: int, above: int, suffix: str = "") -> MarginTable:
    tiers = (MarginTier(0, leverage), MarginTier(bound_usd * 1_000_000, above))
    return MarginTable(table_id, f"tiered {leverage}x{suffix}", tiers)


def _stated(table: MarginTable) -> tuple[InstrumentTier, ...]:
    """The tiers as an instrument has them; one tier is not worth stating."""
    if len(table.tiers) < 2:
        return ()
    return tuple(InstrumentTier(tier.lower_bound_micro / MICRO, tier.max_leverage) for tier in table.tiers)


_TABLES = {
    "BTC": _tiered(56, 40, 150_000_000, 20),
    "ETH": _tiered(55, 25, 100_000_000, 15),
    "SOL": _tiered(54, 20, 70_000_000, 10, " (2)"),
}


def asset_id(dex_index: int, slot: int) -> int:
    """The id orders use for the contract at ``slot`` of a dex."""
    return slot if dex_index == 0 else BUILDER_ASSETS_FROM + BUILDER_ASSETS_STEP * dex_index + slot


class Listing:
    """Every dex and contract, found by name, coin or asset id."""

    __slots__ = ("_by_asset", "_by_coin", "dexes")

    def __init__(self, dexes: tuple[Dex, ...]) -> None:
        self.dexes = dexes
        self._by_coin: dict[str, Contract] = {}
        self._by_asset: dict[int, Contract] = {}
        for position, dex in enumerate(dexes):
            if dex.index != position:
                raise ConfigError(f"dex {dex.name or 'main'} is listed at {position}, not {dex.index}")
            for slot, contract in enumerate(dex.contracts):
                instrument = contract.instrument
                if instrument.asset_id != asset_id(position, slot) or instrument.coin in self._by_coin:
                    raise ConfigError(f"{instrument.coin} is listed twice or under a wrong asset id")
                self._by_coin[instrument.coin] = contract
                self._by_asset[instrument.asset_id] = contract

    def dex(self, name: str) -> Dex | None:
        """The dex called ``name``; the main one is ``""``."""
        return next((dex for dex in self.dexes if dex.name == name), None)

    def contract(self, coin: str) -> Contract | None:
        """The contract with this full name."""
        return self._by_coin.get(coin)

    def by_asset(self, asset: int) -> Contract | None:
        """The contract with this asset id."""
        return self._by_asset.get(asset)

    def instrument(self, coin: str) -> Instrument | None:
        """The instrument with this full name."""
        contract = self._by_coin.get(coin)
        return None if contract is None else contract.instrument

    def contracts(self) -> tuple[Contract, ...]:
        """Every contract, delisted ones included, in dex and slot order."""
        return tuple(self._by_coin.values())

    def tokens(self) -> tuple[Token, ...]:
        """Every collateral token once, by index."""
        return tuple(sorted({dex.collateral for dex in self.dexes}, key=lambda token: token.index))

    def with_instrument(self, coin: str, *, size_decimals: int, max_leverage: int = 10) -> "Listing":
        """Return this listing with ``coin`` listed and these size decimals; a listed coin keeps its slot and terms.

        Raises ConfigError for an unknown dex prefix.
        """
        prefix, _, asset = coin.rpartition(":")
        dex = self.dex(prefix)
        if dex is None or not asset:
            raise ConfigError(f"no dex {prefix!r} to list {coin} on", remedy="use a coin of a listed dex")
        known = self._by_coin.get(coin)
        if known is None:
            contracts = (
                *dex.contracts,
                _contract(dex, len(dex.contracts), asset, size_decimals, max_leverage),
            )
        else:
            instrument = msgspec.structs.replace(known.instrument, size_decimals=size_decimals)
            changed = msgspec.structs.replace(known, instrument=instrument)
            contracts = tuple(changed if contract is known else contract for contract in dex.contracts)
        return self._with_contracts(dex, contracts)

    def with_terms(self, instrument: Instrument) -> "Listing":
        """Return this listing with a listed coin described as ``instrument``, in the same slot."""
        dex, known = self.dex(instrument.dex), self._by_coin[instrument.coin]
        assert dex is not None, "a listed coin has a dex"
        changed = msgspec.structs.replace(known, instrument=instrument)
        return self._with_contracts(dex, tuple(changed if one is known else one for one in dex.contracts))

    def _with_contracts(self, dex: Dex, contracts: tuple[Contract, ...]) -> "Listing":
        grown = msgspec.structs.replace(dex, contracts=contracts)
        return Listing(tuple(grown if other is dex else other for other in self.dexes))


def _contract(
    dex: Dex,
    slot: int,
    asset: str,
    size_decimals: int,
    max_leverage: int,
    *,
    margin_mode: MarginMode = MarginMode.CROSS,
    is_delisted: bool = False,
    growth_mode: bool = False,
) -> Contract:
    is_builder = dex.index > 0
    table = single_tier(max_leverage) if is_builder or asset not in _TABLES else _TABLES[asset]
    instrument = Instrument(
        coin=f"{dex.name}:{asset}" if is_builder else asset,
        asset_id=asset_id(dex.index, slot),
        size_decimals=size_decimals,
        max_leverage=max_leverage,
        dex=dex.name,
        collateral=dex.collateral.name,
        margin_mode=margin_mode,
        is_delisted=is_delisted,
        growth_mode=growth_mode,
        deployer_fee_scale=1.0 if is_builder else 0.0,
        margin_tiers=_stated(table),
    )
    major = asset in ("BTC", "ETH")
    return Contract(
        instrument=instrument,
        margin_table=table,
        impact_notional_micro=IMPACT_NOTIONAL_MAJOR_USD_MICRO if major else IMPACT_NOTIONAL_USD_MICRO,
    )


def _builder(index: int, name: str, full_name: str, collateral: Token) -> Dex:
    deployer = f"0x{0xD0 + index:040x}"
    return Dex(index=index, name=name, full_name=full_name, collateral=collateral, contracts=(), deployer=deployer)


def _with(dex: Dex, *contracts: Contract) -> Dex:
    return msgspec.structs.replace(dex, contracts=contracts)


def default_listing() -> Listing:
    """The main dex and four builder dexes at their mainnet positions, with the coins a demo needs."""
    main = Dex(index=0, name="", full_name="", collateral=USDC, contracts=())
    xyz = _builder(1, "xyz", "XYZ", USDC)
    flx = _builder(2, "flx", "Felix Exchange", USDC)
    vntl = _builder(3, "vntl", "Ventuals", USDH)
    hyna = _builder(4, "hyna", "HyENA", USDE)
    return Listing(
        (
            _with(
                main,
                _contract(main, 0, "BTC", 5, 40),
                _contract(main, 1, "ETH", 4, 25),
                _contract(main, 2, "MATIC", 1, 20, is_delisted=True),
                _contract(main, 3, "SOL", 2, 20),
                _contract(main, 4, "HYPE", 2, 10),
                _contract(main, 5, "WLFI", 0, 5),
                _contract(main, 6, "kPEPE", 0, 10),
            ),
            _with(xyz, _contract(xyz, 0, "GOLD", 4, 20, growth_mode=True)),
            _with(flx, _contract(flx, 0, "BTC", 5, 20), _contract(flx, 1, "ETH", 4, 20)),
            _with(vntl, _contract(vntl, 0, "SPACEX", 3, 3, margin_mode=MarginMode.STRICT_ISOLATED)),
            _with(
                hyna,
                _contract(hyna, 0, "BTC", 5, 40),
                _contract(hyna, 1, "ETH", 4, 25),
                _contract(hyna, 2, "SOL", 2, 20),
                _contract(hyna, 3, "HYPE", 2, 10),
            ),
        )
    )

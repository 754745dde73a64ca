"""Asset numbers, names and their errors, over recorded metadata."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmtui.domain.instrument import Instrument, MarginMode, MarginTier
from mmtui.errors import ConfigError, ExitCode, VenueError
from mmtui.venues.hyperliquid import instruments
from mmtui.venues.hyperliquid.instruments import Dex
from mmtui.venues.hyperliquid.networks import MAINNET, network

DEXES = (None, Dex("xyz"), Dex("flx"), Dex("vntl"), Dex("hyna", deployer_fee_scale=1.11))
TOKENS = {0: "USDC", 235: "USDE"}


def _answer(shared: Path, name: str) -> Any:
    return json.loads((shared / "fixtures" / "hyperliquid" / "info" / f"{name}.json").read_text())["response"]


def _meta(shared: Path, name: str) -> instruments.Meta:
    return instruments.decode_meta(json.dumps(_answer(shared, name)).encode())


def _main(shared: Path, coin: str) -> Instrument:
    meta = _meta(shared, "meta_main_2026_first6")
    return instruments.find_instrument(coin, meta, dex_index=0, dex=None, tokens=TOKENS)


def test_a_delisted_asset_keeps_its_slot(shared: Path) -> None:
    found = {coin: _main(shared, coin).asset_id for coin in ("BTC", "ETH", "ATOM", "DYDX", "SOL")}
    assert found == {"BTC": 0, "ETH": 1, "ATOM": 2, "DYDX": 4, "SOL": 5}
    with pytest.raises(ConfigError, match="MATIC is delisted"):
        _main(shared, "MATIC")


@pytest.mark.incident("B6")
def test_a_builder_dex_is_numbered_from_its_place_with_the_null_counted(shared: Path) -> None:
    metas = _answer(shared, "allPerpMetas_hyna_USDE_synthetic")
    meta = instruments.decode_meta(json.dumps(metas[2]).encode())
    index, name, notes = instruments.find_dex("hyna", DEXES)
    found = instruments.find_instrument("BTC", meta, dex_index=index, dex=DEXES[index], tokens=TOKENS)
    assert (index, name, notes) == (4, "hyna", ())
    assert (found.coin, found.asset_id, found.collateral) == ("hyna:BTC", 140_000, "USDE")
    assert (found.dex, found.asset, found.growth_mode, found.deployer_fee_scale) == ("hyna", "BTC", True, 1.11)


def test_margin_modes_are_read_and_an_unknown_one_is_the_strictest(shared: Path) -> None:
    meta = _meta(shared, "meta_dex_unit_testnet")
    found = instruments.find_instrument("ES", meta, dex_index=1, dex=Dex("unit"), tokens=TOKENS)
    assert (found.margin_mode, found.asset_id, found.collateral) == (
        MarginMode.STRICT_ISOLATED,
        110_000,
        "token 1",
    )
    for text, mode in (
        ('"marginMode":"noCross"', MarginMode.NO_CROSS),
        ('"marginMode":"novel"', MarginMode.STRICT_ISOLATED),
        ('"onlyIsolated":true', MarginMode.STRICT_ISOLATED),
        ('"name":"A"', MarginMode.CROSS),
    ):
        body = f'{{"universe":[{{"name":"A","szDecimals":2,"maxLeverage":5,{text}}}]}}'.encode()
        meta = instruments.decode_meta(body)
        assert instruments.find_instrument("A", meta, dex_index=0, dex=None, tokens={}).margin_mode is mode


def test_an_asset_scale_stands_above_that_of_its_dex(shared: Path) -> None:
    rows = _answer(shared, "metaAndAssetCtxs_io_2026_rows")
    meta = instruments.decode_meta(json.dumps(rows[0]).encode())
    dex = Dex("io", deployer_fee_scale=3.0)
    found = instruments.find_instrument("ANTH", meta, dex_index=10, dex=dex, tokens=TOKENS)
    assert (found.asset_id, found.deployer_fee_scale, found.growth_mode) == (200_000, 1.0, True)


@pytest.mark.incident("B27")
def test_every_recorded_meta_decodes(shared: Path) -> None:
    for name in ("meta_2023", "meta_main_2026_first6", "meta_dex_test_testnet", "meta_dex_unit_testnet"):
        assert _meta(shared, name).universe
    spot = json.dumps(_answer(shared, "spotMeta_collateral_tokens_synthetic")).encode()
    assert instruments.decode_tokens(spot) == {0: "USDC", 360: "USDH", 235: "USDE"}


@pytest.mark.parametrize(("given", "name"), [("hyena", "hyna"), ("felix", "flx"), ("HYNA", "hyna")])
def test_an_alias_is_resolved_with_a_note(given: str, name: str) -> None:
    _, found, notes = instruments.find_dex(given, DEXES)
    assert found == name
    assert len(notes) == 1
    assert given in notes[0]


def test_an_unknown_dex_names_its_neighbours() -> None:
    with pytest.raises(ConfigError, match="nearest: hyna") as caught:
        instruments.find_dex("hyma", DEXES)
    assert str(caught.value).startswith("DexNotFound: ")
    assert caught.value.exit_code is ExitCode.USAGE


def test_an_unknown_asset_names_its_neighbours(shared: Path) -> None:
    with pytest.raises(ConfigError, match="nearest: BTC") as caught:
        _main(shared, "btc")
    assert str(caught.value).startswith("AssetNotFound: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("asset", ["PURR/USDC", "@107"])
def test_a_spot_asset_is_refused(asset: str) -> None:
    with pytest.raises(ConfigError, match="only perpetuals"):
        instruments.split_name(asset, "")


def test_names_are_split_from_their_dex() -> None:
    assert instruments.split_name("BTC", "") == ("BTC", "")
    assert instruments.split_name("hyna:BTC", "") == ("BTC", "hyna")
    assert instruments.split_name("hyna:BTC", "hyena") == ("BTC", "hyena")
    with pytest.raises(ConfigError, match="is not on the dex"):
        instruments.split_name("hyna:BTC", "flx")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[]", b'{"universe":[{"name":1}]}', b"\xff", b'{"universe":"x"}']
)
def test_damaged_metadata_is_a_venue_error(body: bytes) -> None:
    with pytest.raises(VenueError):
        instruments.decode_meta(body)
    for decode in (instruments.decode_dexes, instruments.decode_tokens):
        if body not in {b"[]"}:
            with pytest.raises(VenueError):
                decode(body)


@pytest.mark.parametrize(("decimals", "leverage"), [(7, 5), (-1, 5), (2, 0), (2, 10**9)])
def test_an_absurd_asset_cannot_be_traded(decimals: int, leverage: int) -> None:
    body = msgspec.json.encode({"universe": [{"name": "A", "szDecimals": decimals, "maxLeverage": leverage}]})
    with pytest.raises(ConfigError, match="cannot be traded"):
        instruments.find_instrument("A", instruments.decode_meta(body), dex_index=0, dex=None, tokens={})


def test_only_localhost_takes_another_url() -> None:
    assert network("mainnet", local_url="http://127.0.0.1:9") is MAINNET
    assert network("localhost", local_url="http://127.0.0.1:9/").socket_url == "ws://127.0.0.1:9/ws"
    assert not network("testnet").is_mainnet
    for url in ("http://example.com", "https://127.0.0.1", "http://127.0.0.1@evil.test", "ftp://localhost"):
        with pytest.raises(ConfigError, match="not on this machine"):
            network("localhost", local_url=url)
    with pytest.raises(ConfigError, match="no network"):
        network("devnet")


TABLES = (
    b'[[56,{"description":"t","marginTiers":[{"lowerBound":"0.0","maxLeverage":40},'
    b'{"lowerBound":"150000000.0","maxLeverage":20}]}]]'
)


def _tiers(tables: bytes, table_id: int = 56, max_leverage: int = 40) -> tuple[MarginTier, ...]:
    body = (
        b'{"universe":[{"name":"A","szDecimals":2,"maxLeverage":%d,"marginTableId":%d}],"marginTables":%s,"collateralToken":0}'
        % (max_leverage, table_id, tables)
    )
    meta = instruments.decode_meta(body)
    found = instruments.find_instrument("A", meta, dex_index=0, dex=None, tokens={})
    assert instruments.restated(found, meta).margin_tiers == found.margin_tiers
    return found.tiers


def test_margin_tiers_come_from_the_table_that_the_contract_names() -> None:
    assert _tiers(TABLES) == (MarginTier(0.0, 40), MarginTier(150e6, 20))
    assert _tiers(TABLES, table_id=10, max_leverage=10) == (MarginTier(0.0, 10),)


@pytest.mark.parametrize(
    "tables",
    [
        b"null",
        b"[]",
        b'"nonsense"',
        b'[[56,{"marginTiers":[]}]]',
        b'[[56,{"marginTiers":[{"lowerBound":"5.0","maxLeverage":40},{"lowerBound":"9.0","maxLeverage":20}]}]]',
        b'[[56,{"marginTiers":[{"lowerBound":"0.0","maxLeverage":40},{"lowerBound":"9.0","maxLeverage":40}]}]]',
        b'[[56,{"marginTiers":[{"lowerBound":"0.0","maxLeverage":40},{"lowerBound":"9.0","maxLeverage":0}]}]]',
        b'[[56,{"marginTiers":[{"lowerBound":"0.0","maxLeverage":50},{"lowerBound":"9.0","maxLeverage":20}]}]]',
    ],
)
def test_a_table_that_makes_no_sense_leaves_one_tier_at_the_contracts_own_leverage(tables: bytes) -> None:
    assert _tiers(tables) == (MarginTier(0.0, 40),)


def test_the_cap_on_open_interest_comes_with_the_dex() -> None:
    meta = instruments.decode_meta(b'{"universe":[{"name":"hyna:A","szDecimals":2,"maxLeverage":5}]}')
    dexes = instruments.decode_dexes(
        b'[null,{"name":"hyna","assetToStreamingOiCap":[["hyna:A","25000000.0"]]},{"name":"b"}]'
    )
    found = instruments.find_instrument("A", meta, dex_index=1, dex=dexes[1], tokens={})
    assert found.open_interest_cap_usd == 25e6
    assert instruments.restated(found, meta).open_interest_cap_usd == 25e6
    none = msgspec.structs.replace(dexes[2], name="hyna")
    assert instruments.find_instrument("A", meta, dex_index=1, dex=none, tokens={}).open_interest_cap_usd is None

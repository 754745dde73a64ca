"""Studies: what is measured of a session is right, and a session with a fault fails the study."""

import math
from pathlib import Path

import pytest

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.records import FillBooked
from mmtui.errors import ConfigError, InvariantError
from mmtui.research.calibration.goodness import Survival
from mmtui.research.study import __main__ as program
from mmtui.research.study import charts, page, side_by_side, tables, trial
from mmtui.research.study.after_fills import Path as MidPath
from mmtui.research.study.after_fills import struck, worth
from mmtui.research.study.contenders import CONTENDERS, common_settings, contender_settings, contenders
from mmtui.research.study.ranges import QUOTED_FROM, Watched
from mmtui.research.study.recorded import Play, Played, open_recording, run_play
from mmtui.research.study.trials import keep, known, run_trials, tasks

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)


def booked(at: float, side: Side, price_usd: float, size: int, *, venue_ms: int, is_taker: bool = False) -> FillBooked:
    return FillBooked(
        at=at,
        coin="BTC",
        venue_time_ms=venue_ms,
        tid=1,
        oid=1,
        cloid=None,
        side=side,
        price=BTC.price_units(price_usd),
        size=size,
        fee=0,
        is_taker=is_taker,
        is_foreign=False,
        mid2=0,
        realised=0,
        position=0,
        cash=0,
    )


def path(*points: tuple[float, float]) -> MidPath:
    made = MidPath()
    for at, mid in points:
        made.see(at, mid)
    return made


@pytest.fixture(scope="module")
def trials() -> list[trial.Trial]:
    todo = tasks(("literal", "glft"), (1, 2), "BTC", hours=0.05, common={})
    return run_trials(todo, processes=1, seen=lambda _: None)


def test_a_markout_is_measured_from_the_mid_before_the_fill_to_the_mid_at_the_horizon() -> None:
    mids = path((0.0, 100_000.0), (10.0, 99_990.0), (10.5, 99_980.0), (11.2, 99_000.0))
    found = struck([booked(10.0, Side.BUY, 99_950.0, 10, venue_ms=1)], mids, BTC)
    judged = worth(found, mids, 20.0, 1.0)
    assert judged is not None
    assert found[0].mid == 100_000.0
    assert judged.edge_bps == pytest.approx(5.0)
    assert judged.markout_bps == pytest.approx(3.0)
    assert worth(found, mids, 10.9, 1.0) is None


def test_the_parts_of_one_aggressive_order_are_one_observation_and_own_taking_is_none() -> None:
    mids = path((0.0, 100_000.0))
    rows = [
        booked(1.0, Side.SELL, 100_010.0, 30, venue_ms=7),
        booked(1.0, Side.SELL, 100_050.0, 10, venue_ms=7),
        booked(2.0, Side.SELL, 100_010.0, 10, venue_ms=8, is_taker=True),
    ]
    found = struck(rows, mids, BTC)
    assert len(found) == 1
    assert found[0].price == pytest.approx(100_020.0)


def test_every_contender_differs_from_the_defaults_only_by_what_makes_it() -> None:
    for name, chosen in CONTENDERS.items():
        made = contender_settings(name, "ETH", {"risk.min_half_spread_bps": 2.0})
        assert all(made.value(key) == value for key, value in chosen.items())
        assert made.number("risk.min_half_spread_bps") == 2.0
    assert contenders("all") == tuple(CONTENDERS)


@pytest.mark.parametrize("text", ["strategy.no_such=1", "risk.min_half_spread_bps", "risk.min_half_spread_bps=many"])
def test_a_setting_that_is_none_is_refused_in_one_line(text) -> None:
    with pytest.raises(ConfigError):
        common_settings([text])
    with pytest.raises(ConfigError, match="no strategy"):
        contenders("glft,naive")


def reading(name: str, value: float, provenance: str = "learned") -> EstimateView:
    return EstimateView(name=name, value=value, unit="", provenance=provenance)


def watched(*pictures: dict[str, float], provenance: str = "learned") -> Watched:
    found = Watched()
    for picture in pictures:
        found.see(reading(name, picture.get(name, picture["all"]), provenance) for name in QUOTED_FROM)
    return found


def test_an_estimate_that_learned_and_moved_is_no_fault() -> None:
    assert watched({"all": 1.0}, {"all": 2.0}).faults({}) == []


def test_an_estimate_stuck_at_its_prior_or_at_one_value_or_no_number_is_a_fault() -> None:
    assert watched({"all": 1.0}, {"all": 2.0}, provenance="prior").faults({}) == [
        f"{name} never left its prior" for name in QUOTED_FROM
    ]
    assert watched({"all": 1.0, "sigma": 3.0}, {"all": 2.0, "sigma": 3.0}).faults({}) == ["sigma never moved"]
    assert "A_bid was not a number" in watched({"all": 1.0}, {"all": 2.0, "A_bid": math.nan}).faults({})


def test_an_own_fill_that_teaches_nothing_is_a_fault() -> None:
    found = watched({"all": 1.0}, {"all": 2.0})
    found.see([reading("adverse_bid_bps", 0.5, "prior")])
    assert found.faults({"adverse_bid_bps": 0}) == []
    assert found.faults({"adverse_bid_bps": 3}) == ["adverse_bid_bps never left its prior in 3 fills"]


def test_trials_are_the_same_each_time_and_one_seed_is_one_market(trials) -> None:
    again = trial.run_trial(trial.Task("glft", 2, "BTC", 0.05))
    assert again == next(one for one in trials if (one.contender, one.seed) == ("glft", 2))
    assert len({one.digest for one in trials}) == len(trials)


def test_a_ledger_that_disagrees_with_the_rows_ends_the_trial(monkeypatch) -> None:
    rows = trial.exact_attribution

    def tampered(session):
        session.engine.state.account.pnl._spread2 += 4
        return rows(session)

    monkeypatch.setattr(trial, "exact_attribution", tampered)
    with pytest.raises(InvariantError, match="micro-USD by the ledger"):
        trial.run_trial(trial.Task("glft", 1, "BTC", 0.01))


def test_standings_pair_the_seeds_and_their_tables_name_everyone(trials) -> None:
    rows, pairs = page.compared(trials)
    assert [row.contender for row in rows] == ["literal", "glft"]
    assert rows[0].usd_per_hour.low <= rows[0].usd_per_hour.value <= rows[0].usd_per_hour.high
    by_name = side_by_side.by_contender(trials)
    mean = [side_by_side.usd_per_hour(by_name[name]) for name in ("glft", "literal")]
    assert pairs[0].usd_per_hour.value == pytest.approx(mean[0] - mean[1])
    assert pairs[0].won == sum(
        one.pnl.total > other.pnl.total for one, other in zip(by_name["glft"], by_name["literal"], strict=True)
    )
    written = "\n".join(tables.standings(rows))
    assert [written.count(f"| {name} |") for name in ("literal", "glft")] == [3, 3]
    assert charts.standings(rows).startswith(b"<?xml")


def test_a_seed_that_one_contender_has_not_played_counts_for_none(trials) -> None:
    found = side_by_side.by_contender([one for one in trials if (one.contender, one.seed) != ("glft", 1)])
    assert {name: [one.seed for one in kept] for name, kept in found.items()} == {"literal": [2], "glft": [2]}
    with pytest.raises(ConfigError, match="too few seeds"):
        page.compared(trials[:1])


def test_kept_sessions_are_not_played_again(trials, tmp_path, monkeypatch, capsys) -> None:
    file = tmp_path / "trials.jsonl"
    for one in trials:
        keep(file, one)
    assert known(file, trial.Trial) == trials
    monkeypatch.setattr(trial, "run_trial", None)
    target = tmp_path / "page.md"
    target.write_text("above\n<!-- differences -->\nold\n<!-- end of differences -->\nbelow\n")
    arguments = ["compare", "--seeds", "1:3", "--hours", "0.05", "--strategies", "literal,glft"]
    assert program.main([*arguments, "--keep", str(file), "--page", str(target)]) == 0
    text = target.read_text()
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "glft − literal" in text
    assert "old" not in text


def test_a_page_without_marks_is_refused(tmp_path) -> None:
    target = tmp_path / "page.md"
    target.write_text("nothing\n")
    with pytest.raises(ConfigError, match="no mark"):
        page.renew(target, {"standings": ["x"]})


def test_an_image_is_small_and_holds_no_script() -> None:
    svg = charts.draw("t", {"a": [(x, 1.0 + x) for x in range(5_000)]}, x_title="x", y_title="y", is_log=True)
    assert b"<script" not in svg
    assert len(svg) < 40_000
    assert b"exponential" in charts.reach("BTC", [Survival(1.0, 0.5, 0.4), Survival(2.0, 0.1, 0.16)])


@pytest.fixture(scope="module")
def thin(shared) -> Path:
    return shared / "data" / "hyperliquid" / "hl_BTC_20250904T1946Z.jsonl.gz"


@pytest.fixture(scope="module")
def played(thin) -> Played:
    return run_play(Play("glft", thin, 240.0, {"strategy.ladder_config.min_depth_bps": 1.0}))


def test_a_recording_is_played_without_a_fault_and_every_number_is_one(played) -> None:
    assert played.faults == ()
    assert played.warm_after_s is not None
    assert played.modes["QUOTING"] > 0.5
    assert all(math.isfinite(value) for one in played.ranges for value in (one.value, one.low, one.high, one.n_eff))
    assert all(0.0 <= share <= 1.0 for share in played.clamps.values())
    sums = played.pnl
    assert sums.spread_capture + sums.adverse_selection + sums.inventory + sums.fees + sums.funding == sums.total


def test_what_came_of_a_recording_survives_its_file_and_fills_a_page(played, tmp_path) -> None:
    keep(tmp_path / "plays.jsonl", played)
    assert known(tmp_path / "plays.jsonl", Played) == [played]
    parts = page.parts_of_plays([played])
    text = "\n".join(next(iter(parts.values())))
    assert list(parts) == ["recording hl_BTC_20250904T1946Z, min_depth_bps = 1.0", "other recordings"]
    assert "| kappa bid | 1/fraction |" in text


def test_a_session_that_never_warms_up_fails_the_study(thin, monkeypatch, capsys) -> None:
    monkeypatch.setattr(program, "_span_s", lambda _: 6.0)
    assert program.main(["recordings", str(thin), "--strategies", "glft"]) == 1
    assert "warm-up never ended" in capsys.readouterr().out


def test_a_recording_is_played_under_its_own_coin(shared) -> None:
    session = open_recording(Play("glft", shared / "data" / "hyperliquid" / "hl_WLFI_20250903T1255Z.jsonl.gz", 1.0))
    assert session.engine.state.instrument.coin == "WLFI"

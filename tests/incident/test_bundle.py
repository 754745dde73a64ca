"""Incident bundles: what is in them, that no secret is, that they are whole or not there."""

import asyncio
import base64
import contextlib
import errno
import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmtui.domain.consultations import BundleWritten, Finding, Unable, WriteBundle
from mmtui.domain.parameters import Settings
from mmtui.errors import JournalError
from mmtui.journal.recording import Recorder
from mmtui.runtime.consulting.bundling import bundling
from mmtui.runtime.incident import contents
from mmtui.runtime.incident.archive import MANIFEST, Draft, Entry, Manifest, bundle_path, open_bundle
from mmtui.runtime.incident.contents import Charge, make
from mmtui.runtime.incident.excerpt import lines_of, stretch_of
from mmtui.runtime.incident.gathering import Source
from mmtui.runtime.redaction import Redactor
from mmtui.runtime.secrets import KeySources, hide_known
from mmtui.runtime.state import MarketFiles
from tests.incident.state import MARKET, RUN_ID, START_S, TX_HASH, line, picture, write_journal, write_recording

KEY_BYTES = bytes(range(7, 39))
KEY = KEY_BYTES.hex()
OTHER_KEY = bytes(range(99, 131)).hex()
PASSWORD = 'tr0ub4dor "and" more'


def forms_of(key: str) -> list[str]:
    raw = bytes.fromhex(key)
    return [
        key,
        "0x" + key,
        key.upper(),
        "0X" + key.upper(),
        str(int(key, 16)),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        raw.hex(" "),
        raw.hex(":"),
    ]


PLANTED = " | ".join([*forms_of(KEY), *forms_of(OTHER_KEY), PASSWORD])


def whole(path: Path) -> bytes:
    """Every byte of a bundle, unpacked as far as it goes."""
    parts = [path.read_bytes()]
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            parts.append(data)
            if name.endswith(".zst"):
                parts.append(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read())
    return b"\n".join(parts)


def secrets(folder: Path) -> tuple[str, ...]:
    """As a run finds them: one key used, one lying about, a keystore's password."""
    password_file = folder / "password"
    password_file.write_text(PASSWORD + "\n")
    password_file.chmod(0o600)
    redactor = Redactor()
    environment = {"HYPERLIQUID_PRIVATE_KEY": "0x" + KEY, "MMTUI_KEYSTORE_PASSWORD_FILE": str(password_file)}
    (folder / "elsewhere").mkdir()
    dotenv = folder / "elsewhere" / ".env"
    dotenv.write_text(f"PRIVATE_KEY={OTHER_KEY.upper()}\n")
    dotenv.chmod(0o600)
    hide_known(KeySources(environment=environment, folder=folder / "elsewhere"), redactor)
    return redactor.forms


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    write_recording(folder, 30)
    write_journal(folder)
    return folder


def test_a_bundle_holds_the_last_minutes_of_everything_with_sums_that_are_checked(state: Path) -> None:
    log = state / "run.log"
    log.write_text("a line of the log\n")
    texts = {"config.toml": "[trading]\n", "screen.txt": "what was seen", "metrics.txt": "mm_x 1\n", "view.json": "{}"}
    charge = Charge(
        folder=str(state),
        market=MARKET,
        made_at=START_S + 29.5,
        span_s=20.0,
        note="odd",
        log_path=str(log),
        texts=texts,
    )
    made = make(charge)
    path = Path(made.path)
    assert path.name == f"incident-{MARKET}-20251009T085349Z.zip"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == made.size_bytes
    bundle = open_bundle(path)
    assert bundle.manifest.run_id == RUN_ID
    assert bundle.manifest.note == "odd"
    assert bundle.manifest.missing == ()
    assert bundle.files["log.txt"] == b"a line of the log\n"
    assert bundle.files["screen.txt"] == b"what was seen"
    recorded = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(bundle.files["recording.jsonl.zst"])).read()
    rows = [json.loads(row) for row in recorded.splitlines()]
    assert min(row["ts"] for row in rows) >= (START_S + 9.5) * 1000
    assert TX_HASH.encode() in recorded
    first = next(row["msg"]["data"] for row in rows if row["msg"]["channel"] == "mmtui.picture")
    assert [told["seq"] for told in first["log"]] == list(range(1, 12)), "the log before the span is put back"
    journaled = [json.loads(row) for row in bundle.files["journal.jsonl"].splitlines()]
    assert journaled[0]["session"]["start"]["run_id"] == RUN_ID
    versions = json.loads(bundle.files["versions.json"])
    assert any(name.startswith("msgspec==") for name in versions["packages"])


def test_no_secret_in_any_form_gets_into_a_bundle_wherever_it_was_planted(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    view = picture(0, log=(line(1, PLANTED),))
    write_recording(state, 5, said=PLANTED, views=[view] * 5)
    write_journal(state, reason=PLANTED)
    planted = ("run.log", f"crash-{RUN_ID}.txt", f"{MARKET}.guard.jsonl", f"{MARKET}.latch.json")
    for name in planted:
        (state / name).write_text(PLANTED)
    texts = dict.fromkeys(("config.toml", "screen.txt", "metrics.txt", "view.json"), PLANTED)
    charge = Charge(
        folder=str(state),
        market=MARKET,
        made_at=START_S + 5.0,
        note=PLANTED,
        log_path=str(state / "run.log"),
        texts=texts,
        secrets=secrets(tmp_path),
    )
    made = make(charge)
    assert made.missing == ()
    lower = whole(Path(made.path)).lower()
    assert lower.count(b"[hidden]") > 50
    found = [form for form in [*forms_of(KEY), *forms_of(OTHER_KEY), PASSWORD] if form.lower().encode() in lower]
    assert found == []
    assert json.dumps(PASSWORD)[1:-1].lower().encode() not in lower
    assert KEY not in repr(charge)


def test_what_has_the_shape_of_a_key_is_blanked_even_if_nobody_knows_it(state: Path, tmp_path: Path) -> None:
    (state / "run.log").write_text(f"pasted by mistake: {KEY}\n")
    made = make(Charge(folder=str(state), market=MARKET, log_path=str(state / "run.log")))
    assert KEY.encode() not in whole(Path(made.path))


def test_the_files_alone_are_enough_when_the_engine_is_dead(state: Path) -> None:
    made = make(Charge(folder=str(state), market=MARKET))
    bundle = open_bundle(Path(made.path))
    assert [missing.partition(":")[0] for missing in made.missing] == ["screen.txt"]
    view = msgspec.json.decode(bundle.files["view.json"])
    assert view["engine"]["at"] == START_S + 29.0
    assert b"line 30" in bundle.files["log.txt"]
    assert b"mm_mid_price" in bundle.files["metrics.txt"] or b"# HELP" in bundle.files["metrics.txt"]
    assert b"trading.risk_aversion" in bundle.files["config.toml"]


def test_a_journal_that_cannot_be_read_costs_the_journal_and_is_told(state: Path) -> None:
    (state / f"{MARKET}.journal.sqlite").write_bytes(b"not a database")
    made = make(Charge(folder=str(state), market=MARKET))
    assert any(missing.startswith("journal.jsonl:") for missing in made.missing)
    assert "recording.jsonl.zst" in open_bundle(Path(made.path)).files


def test_a_market_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="nothing of"):
        make(Charge(folder=str(tmp_path), market=MARKET))


def test_a_full_disk_leaves_no_half_bundle_and_says_so(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Draft, "keep", full)
    with pytest.raises(JournalError, match="No space left") as caught:
        make(Charge(folder=str(state), market=MARKET))
    assert "make room" in caught.value.remedy
    assert list((state / contents.FOLDER).iterdir()) == []


def test_two_bundles_of_one_second_do_not_overwrite_each_other(state: Path) -> None:
    charge = Charge(folder=str(state), market=MARKET)
    assert make(charge).path != make(charge).path


def test_a_bundle_that_was_changed_is_refused(state: Path, tmp_path: Path) -> None:
    path = Path(make(Charge(folder=str(state), market=MARKET)).path)
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) if name != "journal.jsonl" else b"{}")
    with pytest.raises(JournalError, match=r"journal\.jsonl is not as it was written"):
        open_bundle(changed)
    (tmp_path / "none.zip").write_bytes(b"PK\x05\x06 and nothing")
    with pytest.raises(JournalError, match="not an incident bundle"):
        open_bundle(tmp_path / "none.zip")
    assert MANIFEST not in open_bundle(path).files


def test_two_bundles_written_at_the_same_time_are_both_there(state: Path) -> None:
    target = state / "incidents"
    target.mkdir()
    drafts = []
    for pid, note in ((1, "one"), (2, "other")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mmtui.runtime.incident.archive.os.getpid", lambda pid=pid: pid)
            drafts.append((Draft(bundle_path(target, MARKET, START_S)), note))
    manifest = Manifest(market=MARKET, run_id=RUN_ID, version="1", made_at=1.0, from_at=0.0, to_at=1.0)
    for draft, note in drafts:
        draft.keep(msgspec.structs.replace(manifest, note=note))
    assert [open_bundle(draft.path).manifest.note for draft, _ in drafts] == ["one", "other"]
    assert len(list(target.iterdir())) == 2


def test_a_picture_that_cannot_be_read_costs_no_other_line(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / f"{MARKET}-{RUN_ID}.jsonl.zst", on_error=print)
    recorder.show(1_000, picture(1, log=(line(1, "early"),)))
    recorder.record(2_000, b'{"channel":"mmtui.picture","data":[1]}')
    recorder.record(3_000, b'{"channel":"bbo","data":{}}')
    recorder.close()
    taken = list(lines_of(stretch_of(tmp_path, MARKET, from_ms=1_500, to_ms=5_000)))
    assert [json.loads(row)["ts"] for row in taken] == [2_000, 3_000]


def test_what_a_killed_process_left_is_removed_by_the_next_bundle(state: Path) -> None:
    target = state / "incidents"
    target.mkdir()
    gone, at_work = (target / f"incident-{MARKET}-20260101T000000Z.zip.{pid}.tmp" for pid in (2**22 + 7, os.getpid()))
    gone.touch()
    at_work.touch()
    make(Charge(folder=str(state), market=MARKET))
    assert not gone.exists()
    assert at_work.exists()


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_bundle_is_refused_in_words_or_is_as_it_was_written(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "x.zip"
    if not path.exists():
        draft = Draft(path)
        draft.add("journal.jsonl", b'{"session": 1}\n' * 200)
        draft.add("recording.jsonl.zst", bytes(range(256)) * 4, is_compressed=True)
        draft.keep(Manifest(market="m", run_id="r", version="1", made_at=1.0, from_at=0.0, to_at=1.0))
    raw, whole_one = bytearray(path.read_bytes()), open_bundle(path)
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)) | st.just(len(raw)))])
    with contextlib.suppress(JournalError):
        opened = open_bundle(damaged)
        assert opened.files.items() <= whole_one.files.items() or opened.manifest != whole_one.manifest


@pytest.mark.parametrize(
    "files",
    [
        (Entry(name="a", size_bytes=1, sha256=""),),
        tuple(Entry(name=f"a{number}", size_bytes=2**30, sha256="") for number in range(3)),
        (Entry(name="a", size_bytes=2**31, sha256=""), Entry(name="a", size_bytes=-(2**31), sha256="")),
        tuple(Entry(name="a", size_bytes=0, sha256="") for _ in range(1_000)),
    ],
    ids=["more than it says", "too much in all", "less than nothing", "too many"],
)
def test_a_bundle_that_would_unpack_to_more_than_a_bundle_holds_is_not_unpacked(
    tmp_path: Path, files: tuple[Entry, ...]
) -> None:
    manifest = Manifest(market="m", run_id="r", version="1", made_at=1.0, from_at=0.0, to_at=1.0, files=files)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, msgspec.json.encode(manifest))
        archive.writestr("a", bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(JournalError, match="not an incident bundle"):
            open_bundle(path)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


async def test_a_console_that_asks_hears_where_the_bundle_is(state: Path) -> None:
    view = picture(29, log=(line(30, "the last"),))
    source = Source(
        files=MarketFiles(state, MARKET),
        settings=Settings.defaults(),
        latest=lambda: view,
        log_path=lambda: None,
        secrets=lambda: (KEY,),
    )
    said: list[Finding] = []
    told: list[str] = []
    expert = bundling(source, told.append)
    finding = await asyncio.wait_for(
        expert(WriteBundle(id="c1", screen=f"the screen {KEY}", note="look"), said.append), 60
    )
    assert isinstance(finding, BundleWritten), finding
    assert told == [finding.path]
    bundle = open_bundle(Path(finding.path))
    assert bundle.files["screen.txt"] == b"the screen [hidden]"
    assert b"[trading]" in bundle.files["config.toml"]
    assert bundle.manifest.run_id == RUN_ID


async def test_a_bundle_that_cannot_be_written_is_answered_with_the_reason(tmp_path: Path) -> None:
    source = Source(
        files=MarketFiles(tmp_path / "nowhere", MARKET),
        settings=Settings.defaults(),
        latest=lambda: None,
        log_path=lambda: None,
        secrets=tuple,
    )
    finding = await asyncio.wait_for(bundling(source, print)(WriteBundle(id="c2"), lambda _: None), 60)
    assert isinstance(finding, Unable)
    assert "nothing of" in finding.text

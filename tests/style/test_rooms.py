"""The architecture as a test: rooms import downwards only, quiet rooms are pure, things stay small."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mmtui"
FILES = sorted(PACKAGE.rglob("*.py"))

STDLIB_OF_DOMAIN = {
    "math", "enum", "dataclasses", "typing", "re", "collections", "collections.abc", "itertools", "functools",
    "bisect", "heapq", "statistics", "hashlib",
}  # fmt: skip
ROOMS: dict[str, set[str]] = {
    "domain": {"domain"},
    "estimators": {"domain", "estimators"},
    "risk": {"domain", "risk"},
    "strategies": {"domain", "estimators", "strategies"},
    "engine": {"domain", "estimators", "risk", "strategies", "engine"},
    "venues": {"domain", "venues"},
    "journal": {"domain", "journal"},
    "runtime": {"domain", "estimators", "risk", "strategies", "engine", "venues", "journal", "runtime"},
    "research": {"domain", "estimators", "risk", "strategies", "engine", "venues", "journal", "runtime", "research"},
    "console": {"domain", "console"},
}
QUIET = ("domain", "estimators", "strategies", "risk", "engine")
BANNED_IN_QUIET = {
    "asyncio", "time", "datetime", "random", "secrets", "os", "socket", "threading", "logging", "uuid", "subprocess",
    "pathlib", "io", "tempfile", "aiohttp", "websockets", "sqlite3",
}  # fmt: skip
CONSOLE_MAY_SEE = {
    "view",
    "history_view",
    "estimate_view",
    "queue_view",
    "trip_view",
    "explanation",
    "commands",
    "consultations",
    "standing",
    "parameters",
    "instrument",
    "units",
}
BROAD_EXCEPT_ALLOWED = {
    "mmtui/runtime/shell.py",
    "mmtui/console/painter.py",
    "mmtui/console/mishaps.py",
    "mmtui/runtime/fills.py",
}
CLOCK_FILES = {"mmtui/runtime/clock.py"}
CLOCK_CALLS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "perf_counter"),
    ("datetime", "now"),
}


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_imports_only_what_it_may() -> None:
    wrong = []
    for path in FILES:
        room = room_of(path)
        if not room:
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "mmtui" and len(parts) > 1 and parts[1] in ROOMS and parts[1] not in ROOMS[room]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_the_console_sees_views_commands_and_parameters_of_the_domain_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in FILES
        if room_of(path) == "console"
        for name in imports(path)
        if name.startswith("mmtui.domain.") and name.split(".")[2] not in CONSOLE_MAY_SEE
    ]
    assert wrong == []


def test_the_domain_stands_on_the_standard_library_and_msgspec() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in FILES
        if room_of(path) == "domain"
        for name in imports(path)
        if name.split(".")[0] not in {"mmtui", "msgspec"}
        and name not in STDLIB_OF_DOMAIN
        and name.rpartition(".")[0] not in STDLIB_OF_DOMAIN
    ]
    assert wrong == []


def test_quiet_rooms_have_no_clock_no_randomness_no_files_and_no_async() -> None:
    wrong = []
    for path in FILES:
        if room_of(path) not in QUIET:
            continue
        tree = ast.parse(path.read_text())
        wrong += [f"{path.name} imports {name}" for name in imports(path) if name.split(".")[0] in BANNED_IN_QUIET]
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                wrong.append(f"{path.name}:{node.lineno} is async")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "print"}:
                wrong.append(f"{path.name}:{node.lineno} calls {node.func.id}")
    assert wrong == []


def test_clocks_are_read_in_one_file() -> None:
    wrong = []
    for path in FILES:
        name = str(path.relative_to(ROOT))
        if name in CLOCK_FILES or room_of(path) == "console":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
                continue
            if (node.value.id, node.attr) in CLOCK_CALLS:
                wrong.append(f"{name}:{node.lineno} reads {node.value.id}.{node.attr}")
    assert wrong == []


def test_signing_is_imported_only_where_orders_are_sent() -> None:
    allowed = ("mmtui/venues/hyperliquid/", "mmtui/runtime/")
    wrong = [
        str(path.relative_to(ROOT))
        for path in FILES
        if any(name.startswith("mmtui.venues.hyperliquid.signing") for name in imports(path))
        and not str(path.relative_to(ROOT)).startswith(allowed)
    ]
    assert wrong == []


def test_only_the_controls_can_approve_orders() -> None:
    holders = [str(p.relative_to(ROOT)) for p in FILES if "APPROVAL_KEY" in p.read_text()]
    assert sorted(holders) == ["mmtui/domain/intents.py", "mmtui/risk/controls.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_functions_and_classes_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "every module says what it owns"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 70, f"{node.name} is too long"
            positional = [arg for arg in node.args.args if arg.arg not in ("self", "cls")]
            assert len(positional) <= 7, f"{node.name} has too many positional parameters"
        if isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]
            limit = 40 if "Listener" in text and node.name == "DirectVenue" else 30
            assert len(methods) <= limit, f"{node.name} has {len(methods)} methods"


def test_no_folder_is_a_drawer() -> None:
    for folder in {path.parent for path in FILES}:
        assert len(list(folder.glob("*.py"))) <= 23, folder
    banned = {"utils", "common", "helpers", "manager", "base", "core", "misc"}
    assert [path for path in FILES if path.stem in banned] == []


def test_broad_excepts_stand_only_where_they_are_listed() -> None:
    wrong = []
    for path in FILES:
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                kind = getattr(node.type, "id", "") if node.type is not None else "bare"
                broad = kind in {"bare", "Exception"} or (
                    kind == "BaseException" and not any(isinstance(n, ast.Raise) for n in ast.walk(node))
                )
                if broad and name not in BROAD_EXCEPT_ALLOWED:
                    wrong.append(f"{name}:{node.lineno}")
    assert wrong == []


def test_no_marks_of_unfinished_work() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|raise NotImplementedError)\b")
    assert [str(p.relative_to(ROOT)) for p in FILES if words.search(p.read_text())] == []


def test_the_project_names_no_machine_and_no_package_index() -> None:
    import subprocess

    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = re.compile("/(?:" + "|".join(("work", "farm", "root", "opt")) + r")/\w")
    hosts = re.compile("py" + r"pi\.|pythonhosted|index-url", re.IGNORECASE)
    wrong = []
    for name in filter(None, listed.splitlines()):
        path = ROOT / name
        if path.suffix in {".svg", ".gz"} or not path.is_file() or path == Path(__file__).resolve():
            continue
        text = path.read_text(errors="replace")
        if paths.search(text) or hosts.search(text):
            wrong.append(name)
    assert wrong == []

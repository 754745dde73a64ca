"""The engine knows no console: importing all of it, and all a headless run needs, loads no terminal library."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("domain", "estimators", "risk", "strategies", "engine", "venues", "journal", "runtime")
SCRIPT = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module("mmtui." + name)
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
loaded = {name.partition(".")[0] for name in sys.modules} & {"textual", "rich"}
consoles = {name for name in sys.modules if name.startswith("mmtui.console")}
print(sorted(loaded), sorted(consoles), sep="|")
"""


@pytest.mark.parametrize("packages", [PACKAGES[:5], PACKAGES], ids=["the engine", "a headless run"])
def test_importing_it_loads_neither_textual_nor_rich_nor_the_console(packages: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *packages], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]|[]"

"""Which tests prove which row: read from the test files, so that a name in a table is a test that exists.

A test proves the row its name begins with (``test_f01_...``) and every row in its markers
``pytest.mark.fault("F01", ...)`` and ``pytest.mark.incident("B1", ...)``.
"""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"test_f(\d{2,3})_")
MARKS = {"fault", "incident"}
KINDS = {
    "process": "process",
    "fuzz": "fuzz",
    "simulation": "simulation",
    "faults": "simulation",
    "venue": "wire",
    "console": "console",
}


class Proof(NamedTuple):
    """One test that proves a row: its file relative to the tests' folder, its name."""

    path: str
    name: str

    @property
    def kind(self) -> str:
        """What it runs against, by its folder."""
        return KINDS.get(self.path.split("/", maxsplit=1)[0], "unit")


@functools.cache
def proofs() -> dict[str, tuple[Proof, ...]]:
    """The tests of each row, in the order of files and lines."""
    found: dict[str, list[Proof]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for key, name in rows_in(path):
            proof = Proof(str(path.relative_to(TESTS)), name)
            rows = found.setdefault(key, [])
            if proof not in rows:
                rows.append(proof)
    return {key: tuple(rows) for key, rows in found.items()}


def rows_in(path: Path) -> Iterator[tuple[str, str]]:
    """The rows that the tests of one file prove, each with the test's name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")):
            continue
        named = NAMED.match(node.name)
        if named:
            yield f"F{named[1]}", node.name
        for decorator in node.decorator_list:
            yield from ((key, node.name) for key in _marked(decorator))


def _marked(decorator: ast.expr) -> list[str]:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return []
    if decorator.func.attr not in MARKS:
        return []
    return [str(argument.value) for argument in decorator.args if isinstance(argument, ast.Constant)]

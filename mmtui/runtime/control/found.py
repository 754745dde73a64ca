"""A finding as the socket sends it: within the bound of a frame, its long lists cut further at each step. Pure."""

from typing import Any, Final

import msgspec

from mmtui.domain.consultations import Finding, Unable
from mmtui.runtime.control.frames import FRAME_MAX, Found, encode

CELL_MAX: Final = 200
_STEPS: Final = (1_000, 300, 100, 30)
_PREFIX: Final = 4
_CUT: Final = "cut to what the socket takes"


def found_frame(finding: Finding) -> bytes:
    """The bytes of a finding; one that cannot be made to fit says so instead."""
    shown = finding
    for rows in (0, *_STEPS):
        if rows:
            shown = _shorter(finding, rows)
        body = msgspec.json.encode(Found(finding=shown))
        if len(body) <= FRAME_MAX:
            return len(body).to_bytes(_PREFIX, "big") + body
    return encode(Found(finding=Unable(id=finding.id, text="what was found is too long for the socket")))


def _shorter(finding: Finding, rows: int) -> Finding:
    plain = _cut(msgspec.to_builtins(finding), rows)
    if "note" in finding.__struct_fields__:
        plain["note"] = f"{plain.get('note', '')} ({_CUT})".strip()
    try:
        return msgspec.convert(plain, type(finding))
    except msgspec.ValidationError:
        return Unable(id=finding.id, text="what was found is too long for the socket")


def _cut(value: Any, rows: int) -> Any:  # what a struct is made of: any JSON value
    if isinstance(value, dict):
        return {key: _cut(inner, rows) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(inner, rows) for inner in value[:rows]]
    return value[:CELL_MAX] if isinstance(value, str) else value

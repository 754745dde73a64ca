"""The one signing key of every test that needs a real-looking one, and the search for it in what a run left behind.

The key is known, so that a byte of it in any log, journal, recording, crash file, snapshot or command
line is a leak that the session's last hook finds. Tests that hand the key over do so through a file of
this name, which is the only place where it may be.
"""

import base64
import codecs
import functools
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

KEY_BYTES = bytes.fromhex("c0ffee5ec2e7ca4a27d15ea5ed0ddba11fee1deadbeefcafe0fab1e5badc0de7")
KEY = "0x" + KEY_BYTES.hex()
KEY_FILE = "canary.key"
"""A file of this name holds the key on purpose and is not searched."""

SIZE_MAX = 64 * 1024 * 1024


@functools.cache
def forms() -> dict[str, bytes]:
    """Every form of the key that must appear nowhere, by name; hexadecimal is searched without regard to case."""
    text = KEY_BYTES.hex()
    spaced = {f"hexadecimal with {name}": sep.join(_pairs(text)).encode() for name, sep in SEPARATORS.items()}
    return {
        "bytes": KEY_BYTES,
        "bytes reversed": KEY_BYTES[::-1],
        "hexadecimal": text.encode(),
        "hexadecimal reversed": text[::-1].encode(),
        "bytes reversed in hexadecimal": KEY_BYTES[::-1].hex().encode(),
        "decimal": str(int.from_bytes(KEY_BYTES, "big")).encode(),
        "base64": base64.b64encode(KEY_BYTES).rstrip(b"="),
        "base64 for links": base64.urlsafe_b64encode(KEY_BYTES).rstrip(b"="),
        "base64 of the text": base64.b64encode(text.encode()).rstrip(b"="),
        "escaped": repr(KEY_BYTES)[2:-1].encode(),
        "rot13": codecs.encode(text, "rot13").encode(),
        **spaced,
    }


SEPARATORS = {"spaces": " ", "colons": ":", "commas": ", "}


def leaks_in(data: bytes) -> list[str]:
    """The forms of the key that ``data`` holds."""
    lower = data.lower()
    return [name for name, form in forms().items() if form in data or (_is_text(name) and form.lower() in lower)]


def leaks_below(folders: Iterable[Path]) -> Iterator[str]:
    """Each leak in each file below ``folders`` as one line; compressed recordings and bundles are opened."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.name == KEY_FILE or not _is_readable(path):
                continue
            for name in leaks_in(_contents(path)) + leaks_in(str(path).encode()):
                yield f"{path}: the key as {name}"


def _is_text(name: str) -> bool:
    return not name.startswith(("bytes", "base64"))


def _is_readable(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.stat().st_size <= SIZE_MAX
    except OSError:
        return False


def _contents(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError:
        return b""
    if path.suffix == ".zip":
        return data + _members(data)
    return data + _unpacked(data) if path.suffix == ".zst" else data


def _members(data: bytes) -> bytes:
    """What an archive holds, recordings in it opened too; nothing of one that is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, EOFError, ValueError):
        return b""
    return b"".join(member + (_unpacked(member) if name.endswith(".zst") else b"") for name, member in members)


def _unpacked(data: bytes) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            return stream.read(SIZE_MAX)
    except zstandard.ZstdError:
        return b""


def _pairs(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(0, len(text), 2)]

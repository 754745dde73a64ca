"""A person's own keys: a file of ``KEY = "action"`` lines, read whole; the files that panes are written to.

Owns those two kinds of files and their refusals in words. Blocks on the disk, so the app calls it from a thread
while an engine may run beside it. Never judges what a key may mean: that is the key table's.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from mmtui.console.keys import KeyMap

FILE_SIZE_MAX = 64 * 1024
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
SAME_NAME_MAX = 100


def read_keymap(path: Path | None, given: Mapping[str, str]) -> KeyMap:
    """The table with a person's own keys in it; what is wrong is in its ``problems``, all of it at once."""
    own, problems = _read(path)
    return KeyMap({**given, **own}, problems)


def _read(path: Path | None) -> tuple[dict[str, str], list[str]]:
    if path is None:
        return {}, []
    try:
        text = _text(path)
        data = tomllib.loads(text) if text is not None else {}
    except OSError as error:
        return {}, [f"{path.name} cannot be read: {error.strerror or error}; mend it, then :reload"]
    except RecursionError:
        return {}, [f'{path.name} is nested too deeply; write lines such as m = "pause", then :reload']
    except ValueError as error:
        return {}, [f'{path.name}: {error}; write lines such as m = "pause", then :reload']
    own = {key: value for key, value in data.items() if isinstance(value, str)}
    wrong = [f'{path.name}: {key} is no key line; write {key} = "action"' for key in data if key not in own]
    return own, wrong


def _text(path: Path) -> str | None:
    try:
        # A named pipe in the place of a file must not hold the console up.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a file")
        data = file.read(FILE_SIZE_MAX + 1)
    if len(data) > FILE_SIZE_MAX:
        raise ValueError(f"longer than {FILE_SIZE_MAX // 1024} kB")
    return data.decode()


def write_pane(folder: Path, name: str, text: str, kind: str = "txt") -> Path:
    """Writes what a pane shows to a file of its own, readable by its owner alone; raises OSError."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    for count in range(SAME_NAME_MAX):
        path = folder / (f"{name}-{count}.{kind}" if count else f"{name}.{kind}")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else text + "\n")
        return path
    raise FileExistsError(17, f"{SAME_NAME_MAX} files of this second are there already", str(folder))

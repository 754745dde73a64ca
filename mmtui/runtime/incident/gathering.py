"""What only a running engine has for a bundle: its settings with their sources, the picture, metrics, the log's end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mmtui.domain.parameters import PARAMETERS, Settings, Value
from mmtui.domain.view import View
from mmtui.runtime.incident.contents import SCREEN, Charge, texts_of
from mmtui.runtime.redaction import HIDDEN
from mmtui.runtime.state import MarketFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a session lends: its files, settings as the run began, last picture, log file and what is secret."""

    files: MarketFiles
    settings: Settings
    latest: Callable[[], View | None]
    log_path: Callable[[], Path | None]
    secrets: Callable[[], tuple[str, ...]]


def charge_of(source: Source, *, screen: str, note: str) -> Charge:
    """The charge for a bundle of now; looks at the session and changes nothing."""
    view = source.latest()
    texts = {SCREEN: screen}
    if view is not None:
        texts.update(texts_of(view))
        began = {row.key: value for row, value in source.settings.items() if not row.secret}
        texts["config.toml"] = config_text({**began, **view.engine.parameters}, view.sources)
    return Charge(
        folder=str(source.files.folder),
        market=source.files.market,
        run_id=view.session.run_id if view is not None else "",
        made_at=view.engine.at if view is not None else 0.0,
        note=note,
        log_path=str(source.log_path() or ""),
        texts=texts,
        secrets=source.secrets(),
    )


def config_text(values: dict[str, Value], sources: dict[str, str]) -> str:
    """Every setting as TOML with where its value comes from; of a secret only that there is such a setting."""
    lines: list[str] = []
    section = ""
    for row in PARAMETERS:
        if row.section != section:
            section = row.section
            lines.append(f"\n[{section}]")
        value = values.get(row.key)
        if row.secret:
            lines.append(f"# {row.name} {HIDDEN}")
        elif value is None:
            lines.append(f"# {row.name} is not set")
        else:
            setting = f"{row.name} = {msgspec.json.encode(value).decode()}"
            lines.append(f"{setting:<44}  # {sources.get(row.key, 'default')}")
    return "\n".join(lines).lstrip("\n") + "\n"

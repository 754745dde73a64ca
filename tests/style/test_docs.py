"""The documents are true: commands parse, links resolve, generated parts are current."""

import re
import shlex
from pathlib import Path

import pytest

from mmtui.cli import parser
from mmtui.domain.parameters import PARAMETERS, SECTIONS
from mmtui.errors import ExitCode
from tests.checks import page as check_values
from tests.style import generated, screens

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^\s*\$ (?:\.venv/bin/)?mmtui (.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_is_one_the_program_takes(page: Path) -> None:
    for line in COMMAND.findall(page.read_text()):
        parser().parse_args(shlex.split(line))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_parameter_page_is_the_schema() -> None:
    assert (ROOT / "docs" / "parameters.md").read_text() == generated.parameters_page()


def test_the_page_of_check_values_is_what_the_functions_give() -> None:
    text = (ROOT / "docs" / "check-values.md").read_text()
    assert check_values.agrees(text, check_values.check_values_page())


def test_the_page_of_models_names_settings_and_files_that_exist() -> None:
    text = (ROOT / "docs" / "models.md").read_text()
    sections = "|".join(section.partition(".")[0] for section in SECTIONS)
    settings = set(re.findall(rf"`((?:{sections})\.[a-z0-9_.]+)`", text))
    assert len(settings) > 20
    assert settings <= {row.key for row in PARAMETERS}
    paths = re.findall(r"`(mmtui/[a-z_/.]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["faults", "incidents"])
def test_the_pages_of_what_can_go_wrong_name_the_tests_there_are(name: str) -> None:
    assert (ROOT / "docs" / f"{name}.md").read_text() == getattr(generated, f"{name}_page")()


def test_the_page_of_planted_bugs_is_what_the_last_search_found() -> None:
    assert (ROOT / "docs" / "planted-bugs.md").read_text() == generated.planted_bugs_page()


def test_the_tables_of_keys_on_the_page_of_the_console_are_the_key_table() -> None:
    text = (ROOT / "docs" / "console.md").read_text()
    assert generated.keys_page(text) == text, "run python -m tests.style.generated"


def test_the_tables_of_the_architecture_page_are_the_code() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert generated.architecture_page(text) == text


def test_the_screens_on_the_console_page_are_what_the_console_draws() -> None:
    text = (ROOT / "docs" / "console.md").read_text()
    assert screens.console_page(text) == text


def test_the_screen_in_the_readme_is_what_the_console_draws() -> None:
    text = (ROOT / "README.md").read_text()
    assert screens.readme(text) == text


def test_the_readme_names_make_targets_and_exit_codes_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in re.findall(r"\$ make ([a-z-]+)", text):
        assert target in targets
    codes = re.search(r"Exit codes: (.+)\.\n", text)
    assert codes is not None
    assert [int(number) for number in re.findall(r"\b(\d)\b", codes[1])] == [int(code) for code in ExitCode]


def test_the_picture_fits_a_terminal_of_eighty_columns() -> None:
    picture = (ROOT / "README.md").read_text().split("```text\n")[1].split("```")[0]
    assert all(len(line) <= 80 for line in picture.splitlines())

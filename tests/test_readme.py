"""The README keeps up: every setting and every command stands in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
SETTINGS = sorted(set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config" / "settings.py").read_text())))
COMMANDS = sorted(path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_its_line(name):
    assert re.search(rf"^\| `{name}` \| .+ \| .+ \|$", README, re.MULTILINE)


def test_no_line_speaks_of_a_setting_that_is_gone():
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)) == SETTINGS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_line(name):
    assert re.search(rf"^\| `{name}\b", README, re.MULTILINE)


def test_every_target_of_make_is_named():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    hidden = {"environment"}
    assert [name for name in targets if name not in hidden and f"make {name}" not in README] == []

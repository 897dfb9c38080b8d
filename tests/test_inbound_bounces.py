"""What machines send: told from people's mail, never answered; dead addresses and complaints get no advertising any more.

The bars are those of the issue, over 589 notices of real mail servers and their labels.
"""

import csv
from collections import defaultdict
from functools import cache

import pytest

from privacy.consent import ConsentEntry
from privacy.inbound import automatic, complaints, delivery_failures, judgement, reading
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from privacy.suppression import Suppression, is_suppressed
from tests import make
from tests.letters import PRIVACY, REMOVE, letter, received

NOW = make.LONG_AGO


@cache
def notices(corpora):
    """Name, bytes and labels of the 589 notices."""
    folder = corpora / "bounces_sisimai"
    labels = defaultdict(list)
    for row in csv.DictReader((folder / "labels.csv").open()):
        labels[row["file"]].append(row)
    return [(name, (folder / "eml" / name).read_bytes(), rows) for name, rows in sorted(labels.items())]


def stopped(raw):
    """How many addresses this one mail puts on the stop list."""
    before = Suppression.objects.values("hash").distinct().count()
    received(raw)
    return Suppression.objects.values("hash").distinct().count() - before


def is_hard(rows):
    return any(row["hardbounce"] == "true" for row in rows)


# --- the 589 ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_notice_is_read_as_a_request(corpora):
    judged = {name: judgement.judge(raw, REMOVE, "", NOW) for name, raw, _ in notices(corpora)}
    assert len(judged) == 589
    assert [name for name, found in judged.items() if found.outcome in ("act", "open_case")] == []
    assert [name for name, found in judged.items() if found.outcome != "ignore"] == []


@pytest.mark.django_db
def test_all_18_complaints_are_suppressed(corpora):
    found = [(name, raw, rows) for name, raw, rows in notices(corpora) if rows[0]["reason"] == "feedback"]
    kinds = [rows[0]["feedback_type"] for _, _, rows in found]
    assert {kind: kinds.count(kind) for kind in kinds} == {"abuse": 13, "auth-failure": 3, "opt-out": 2}
    for name, raw, _ in found:
        Suppression.objects.all().delete()
        row = received(raw)
        assert Suppression.objects.filter(reason="complaint").exists(), name
        assert any("put on the stop list" in reason for reason in row.reasons), name


@pytest.mark.django_db
def test_absence_notes_and_reports_of_success_suppress_nobody(corpora):
    found = [(name, raw) for name, raw, rows in notices(corpora) if rows[0]["reason"] in ("vacation", "delivered")]
    assert len(found) == 8
    for name, raw in found:
        assert received(raw).outcome == "ignore", name
        assert not Suppression.objects.exists(), name


@pytest.mark.django_db
@pytest.mark.slow
def test_dead_addresses_are_found_living_ones_left_alone_and_nobody_is_answered(corpora):
    """Measured end to end, on what reaches the stop list: recall at least 98 %, false at most 1 %.

    Some files are one mail twice; each comes to an address of its own, or the second would be known already.
    """
    missed, false, hard, soft = [], [], 0, 0
    for number, (name, raw, rows) in enumerate(notices(corpora)):
        if rows[0]["reason"] == "feedback":
            continue
        Suppression.objects.all().delete()
        received(raw, f"bounces+{number}@northlight.example")
        is_stopped = Suppression.objects.filter(reason="bounce").exists()
        hard, soft = hard + is_hard(rows), soft + (not is_hard(rows))
        if is_hard(rows) and not is_stopped:
            missed.append(name)
        if is_stopped and not is_hard(rows):
            false.append(name)
    assert hard == 183
    assert 1 - len(missed) / hard >= 0.98, missed
    assert len(false) / soft <= 0.01, false
    assert not OutgoingEmail.objects.exists()
    assert not ConsentEntry.objects.exists()
    assert not DataSubjectRequest.objects.exists()


@pytest.mark.django_db
def test_what_is_no_report_is_left_to_a_person(corpora):
    for path in sorted((corpora / "bounces_sisimai" / "not_a_bounce").glob("*.eml")):
        assert received(path.read_bytes()).outcome == "review", path.name
    assert not Suppression.objects.exists()

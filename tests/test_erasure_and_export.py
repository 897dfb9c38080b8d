"""An erasure in the middle of an export, an export in the middle of an erasure: no file is left (FAULTS B22)."""

import random
import threading
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from privacy import erasure, export, jobs
from privacy.erasure import job
from privacy.export import Export, files
from privacy.export.job import SealedShelf
from tests import make

TODAY = date(2026, 11, 30)
# Where an export may be when somebody else has her turn: outside any transaction of its own.
STOPS = (
    (SealedShelf, "progress"),
    (SealedShelf, "finished"),
    (files, "encrypt"),
    (files.os, "fsync"),
    (Export, "renew"),
)
# The same for an erasure.
PAUSES = (
    (job, "plan"),
    (job, "read_again"),
    (job, "_clear"),
    (job.export, "discard_files"),
    (job.export, "discard_folders"),
)


def everything_on_disk():
    root = files.folder("")
    return [path for path in root.rglob("*") if path.is_file()] if root.is_dir() else []


class Turn:
    """At the given call of one of these functions something else is done first; counts the calls."""

    def __init__(self, monkeypatch, places, at, deed):
        self.at, self.deed, self.calls = at, deed, 0
        for owner, name in places:
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, real):
        def call(*args, **values):
            self.calls += 1
            if self.calls == self.at:
                self.deed()
            return real(*args, **values)

        return call


def somebody():
    mary = make.customer(login=True)
    make.order_line(mary), make.enquiry(mary)
    return mary


def erase(person):
    erasure.erase(person, today=TODAY, actor="test")


def export_of(person):
    row = export.start(person, actor="test")
    return row, jobs.work("privacy.export", row.pk)


def erased_at(step, monkeypatch):
    """An export during which, at this step, its person is erased; how many steps it had until then."""
    mary = somebody()
    with monkeypatch.context() as patched:
        turn = Turn(patched, STOPS, step, lambda: erase(mary))
        _row, done = export_of(mary)
    if turn.calls >= step:
        assert not done and everything_on_disk() == [] and not Export.objects.exists()
    else:
        assert done and everything_on_disk(), "without an erasure there are files"
        erase(mary)
    assert everything_on_disk() == []
    return turn.calls


def exported_at(step, monkeypatch):
    """An erasure during which, at this step, an export is asked for and made."""
    mary, made = somebody(), []
    with monkeypatch.context() as patched:
        turn = Turn(patched, PAUSES, step, lambda: made.append(export_of(mary)[1] and bool(everything_on_disk())))
        erase(mary)
    assert made == [True] * (turn.calls >= step)
    assert everything_on_disk() == [] and not Export.objects.exists()
    return turn.calls


def in_a_row(one, monkeypatch, stride):
    """Every so many steps, from the first to the last; the last one looked at."""
    step = 1
    while one(step, monkeypatch) >= step:
        step += stride
    return step - stride


@pytest.mark.django_db
def test_whoever_is_erased_in_the_middle_of_an_export_leaves_no_file(monkeypatch):
    assert in_a_row(erased_at, monkeypatch, 7) > 7


@pytest.mark.full
@pytest.mark.django_db
def test_whoever_is_erased_at_any_step_of_an_export_leaves_no_file(monkeypatch):
    assert in_a_row(erased_at, monkeypatch, 1) > 15


@pytest.mark.django_db
def test_an_export_at_any_step_of_an_erasure_leaves_no_file(monkeypatch):
    assert in_a_row(exported_at, monkeypatch, 2) > 4


def both_at_once(luck):
    """In two threads, each beginning at its own moment."""
    mary, delay = somebody(), luck.uniform(-0.15, 0.25)
    row, wrong = export.start(mary, actor="test"), []

    def after(seconds, deed):
        def run():
            try:
                threading.Event().wait(seconds)
                deed()
            except Exception as error:  # noqa: BLE001
                wrong.append(error)
            finally:
                connection.close()

        return threading.Thread(target=run)

    pair = [
        after(max(0, delay), lambda: erase(mary)),
        after(max(0, -delay), lambda: jobs.work("privacy.export", row.pk)),
    ]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(120)
    assert wrong == []
    assert everything_on_disk() == [], f"erasing {delay:.3f} s after the export began"
    assert not Export.objects.filter(data_subject=mary).exists()


@pytest.mark.django_db(transaction=True)
def test_both_at_once():
    both_at_once(random.Random(22))


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_both_at_once_two_hundred_times():
    luck, began = random.Random(200), timezone.now()
    for _ in range(200):
        both_at_once(luck)
    assert timezone.now() > began

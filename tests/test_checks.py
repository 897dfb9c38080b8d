"""`manage.py check` refuses silence and mistakes about personal data: a model, a column, a path, a blank, a name."""

import os
import subprocess
import sys
import textwrap

import pytest
from django.conf import settings
from django.db import models
from django.test.utils import isolate_apps

from customers.models import Customer
from privacy import checks, data_subjects
from privacy.personal_data import SELF, Anonymise, Delete, Keep, NoPersonalData, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose
from tests.children import ROOT

YEAR = Retention(since="at", years=1)


def declared(**changes):
    values = {
        "data_subject": "customer", "category": Category.BEHAVIOUR, "purpose": Purpose.SERVICE,
        "lawful_basis": LawfulBasis.CONTRACT, "retention": YEAR, "erase": Delete(), "fields": ("at", "note"),
    }  # fmt: skip
    return PersonalData(**(values | changes))


def made(said, **columns):
    """A model thrown away with the test."""
    body = {
        "__module__": "customers.models",
        "customer": models.ForeignKey(Customer, models.CASCADE, related_name="+"),
        "at": models.DateTimeField(null=True),
        "note": models.TextField(),
        **columns,
    }
    return type("Throwaway", (models.Model,), body | ({"personal_data": said} if said else {}))


def found(model):
    return sorted({message.id for message in checks.of_model(model)})


@isolate_apps("customers", "privacy")
def test_a_whole_declaration_passes():
    assert found(made(declared())) == []
    assert found(made(NoPersonalData("Counts."))) == []


@isolate_apps("customers", "privacy")
def test_silence_is_an_error_that_says_what_to_do():
    message = next(checks.of_model(made(None)))
    assert message.id == checks.UNDECLARED
    assert "does not say what it holds" in message.msg and "personal_data = PersonalData(...)" in message.hint


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_personal_needs_a_reason(reason):
    assert found(made(NoPersonalData(reason))) == [checks.UNDECLARED]


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize(
    "column",
    [models.TextField(), models.IntegerField(), models.JSONField(), models.ForeignKey("auth.Group", models.CASCADE)],
)
def test_a_new_column_must_be_placed(column):
    """FAULTS E45."""
    assert found(made(declared(), extra=column)) == [checks.UNPLACED]


@isolate_apps("customers", "privacy")
def test_a_column_cannot_be_personal_and_not():
    assert found(made(declared(not_personal=("note",)))) == [checks.UNPLACED]


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize("path", ["nobody", "note", "customer__account", "customer__nobody", "at", SELF])
def test_a_path_must_lead_to_the_person(path):
    assert checks.WRONG_PATH in found(made(declared(data_subject=path, not_personal=("customer",))))


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize("since", ["nothing", "customer__nothing", "note", "note__at", "customer"])
def test_the_period_must_count_from_a_date(since):
    assert found(made(declared(retention=Retention(since=since, years=1)))) == [checks.WRONG_PATH]


@isolate_apps("customers", "privacy")
def test_rows_can_only_wait_for_what_the_table_has():
    assert found(made(declared(waits_while=models.Q(note="")))) == []
    assert found(made(declared(waits_while=models.Q(nothing="")))) == [checks.WRONG_PATH]


@isolate_apps("customers", "privacy")
def test_a_period_is_needed():
    assert found(made(declared(retention=None))) == [checks.NO_RETENTION]


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: Keep("because", then=a)])
@pytest.mark.parametrize(
    "column",
    [
        models.IntegerField(),
        models.DateField(),
        models.DecimalField(max_digits=5, decimal_places=2),
        models.FloatField(),
        models.CharField(max_length=9, unique=True),
    ],
)
def test_what_cannot_be_blanked_cannot_be_anonymised(wrap, column):
    said = declared(erase=wrap(Anonymise("count")), fields=("at", "note", "count"))
    assert found(made(said, count=column)) == [checks.NOT_BLANKABLE]


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize(
    "column", [models.IntegerField(null=True), models.CharField(max_length=40, unique=True), models.BooleanField()]
)
def test_what_can_be_blanked_passes(column):
    said = declared(erase=Anonymise("count", "note"), fields=("at", "note", "count"))
    assert found(made(said, count=column)) == []


@isolate_apps("customers", "privacy")
@pytest.mark.parametrize(
    "changes",
    [
        {"fields": ("at", "note", "typo")}, {"not_personal": ("typo",)}, {"erase": Anonymise("typo")},
        {"secret": ("typo",)}, {"correctable": ("customer",)}, {"special_category": ("typo",)}, {"provided": ("typo",)},
        {"third_party": ("typo",)},
        {"told": ("text",)},
    ],
)  # fmt: skip
def test_a_name_must_be_known(changes):
    assert found(made(declared(**changes))) == [checks.UNKNOWN_NAME]


@isolate_apps("customers", "privacy")
def test_a_purpose_must_be_known():
    assert found(made(declared(purpose="fun"))) == [checks.UNKNOWN_PURPOSE]


def test_a_person_s_model_must_offer_what_the_engine_asks_for(monkeypatch):
    assert list(checks.check_data_subject_model()) == []
    monkeypatch.delattr(Customer, "contact_email")
    (message,) = checks.check_data_subject_model()
    assert message.id == checks.NO_PERSON and "contact_email" in message.msg


@isolate_apps("customers")
def test_a_person_s_key_must_be_of_a_kind_that_an_erasure_can_ask_by(monkeypatch):
    """Else her erasure would be the first to say so."""
    for key, refused in ((models.UUIDField, False), (models.SlugField, False), (models.DateTimeField, True)):
        person = made(declared(), key=key(primary_key=True))
        for name in data_subjects.REQUIRED:
            setattr(person, name, getattr(Customer, name, None))
        monkeypatch.setattr(checks.data_subjects, "model", lambda person=person: person)
        monkeypatch.setattr(checks.data_subjects, "REQUIRED_OF_MANAGER", ())
        found = [message.id for message in checks.check_data_subject_model()]
        assert found == ([checks.NO_PERSON] if refused else []), key


def test_the_installed_models_all_pass():
    assert checks.check_declarations() == []


def test_manage_py_check_refuses_an_app_that_is_silent(tmp_path):
    """The real command in a process of its own, with one app more."""
    app = tmp_path / "forgetful"
    app.mkdir()
    (app / "__init__.py").touch()
    silent = "from django.db import models\n\n\nclass Diary(models.Model):\n    text = models.TextField()\n"
    (app / "models.py").write_text(silent)
    (tmp_path / "with_it.py").write_text(
        textwrap.dedent("""
            from config.settings import *
            INSTALLED_APPS = [*INSTALLED_APPS, "forgetful"]
        """)
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "with_it", "VAR_DIR": str(settings.VAR)}
    argv = [sys.executable, "-m", "django", "check"]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "forgetful.Diary does not say what it holds about people." in done.stderr
    said = "from privacy.personal_data import NoPersonalData\n" + silent
    (app / "models.py").write_text(said + "    personal_data = NoPersonalData('A test.')\n")
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr

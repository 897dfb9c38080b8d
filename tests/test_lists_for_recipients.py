"""A mailing list that goes to somebody: each row also a hand-over, which is allowed, written down, and told of."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from privacy import gate, jobs, mailings, recipient_notices, roles, suppression
from privacy.audit import AuditEntry
from privacy.gate import asking
from privacy.list_checks import ListCheck
from privacy.mailings.headers import Mark
from privacy.recipients import Disclosure
from privacy.vocabulary import Channel, Purpose, Sender
from tests import make
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def tool():
    """A mailing tool that works on our instructions and may get numbers and addresses."""
    return make.recipient("Letterbox", group="service", fields=["customer_number", "email"])


def willing(email, **values):
    person = make.customer(email, **values)
    make.grant(person)
    return person


def scrub(tmp_path, text, **how):
    (tmp_path / "list.csv").write_text(text)
    out, said = io.StringIO(), io.StringIO()
    asked = {"channel": "email", "sender": "own"} | how
    call_command("scrub", str(tmp_path / "list.csv"), **asked, stdout=out, stderr=said)
    return list(csv.DictReader(io.StringIO(out.getvalue()))), said.getvalue()


def test_art_19_whoever_got_a_list_is_in_the_log_of_each_person_on_it_and_hears_of_her_erasure(tmp_path, tool):
    mary, anna = willing("mary@example.com"), make.customer("anna@example.com")
    rows, _said = scrub(tmp_path, "email\nmary@example.com\nanna@example.com\nwho@example.com\n", recipient="Letterbox")
    assert [row["allowed"] for row in rows] == ["true", "false", "false"]
    entry = Disclosure.objects.get()
    assert (entry.data_subject, entry.recipient, entry.fields) == (mary, tool, ["email"])
    assert entry.reference.startswith("mailing list of 2") and entry.legal_basis == "contract"
    assert AuditEntry.objects.get(event="disclosures").details == {"fields": ["email"], "people": 1}
    said = {"occasion": "test", "actor": "test", "now": timezone.now()}
    [notice] = recipient_notices.tell(mary, recipient_notices.Change.ERASURE, **said)
    assert (notice.recipient, notice.fields) == (tool, ["email"])
    assert not recipient_notices.tell(anna, recipient_notices.Change.ERASURE, **said), "she was on no list that left"


def test_a_household_is_written_down_whole(tmp_path, tool):
    both = [willing("home@example.com"), willing("home@example.com")]
    scrub(tmp_path, "email\nhome@example.com\n", recipient="Letterbox")
    assert {entry.data_subject for entry in Disclosure.objects.all()} == set(both)


def test_mad_12_a_column_that_it_may_not_get_lets_no_row_through(tmp_path, tool):
    willing("mary@example.com")
    [row], said = scrub(tmp_path, "email,Date of birth\nmary@example.com,1980\n", recipient="Letterbox")
    assert (row["allowed"], row["reasons"]) == ("false", "Letterbox may not get: date_of_birth.")
    assert "may not go to this recipient" in said and not Disclosure.objects.exists()


def test_clg_10_a_partner_gets_only_whoever_said_yes_to_it(tmp_path):
    partner = make.recipient("Partner", group="partner", is_necessary=False, kind="controller", fields=["email"])
    mary, _anna = willing("mary@example.com"), willing("anna@example.com")
    make.grant(mary, Purpose.SHARING, recipient=partner)
    rows, _said = scrub(tmp_path, "email\nmary@example.com\nanna@example.com\n", recipient="Partner")
    assert [row["allowed"] for row in rows] == ["true", "false"]
    assert rows[1]["reasons"] == "This person has never said yes to sharing with Partner."
    assert Disclosure.objects.get().data_subject == mary


WRONG = {
    "authority": {"kind": "authority"}, "off": {"is_active": False}, "stranger": {"name": "Somebody else"},
    "by nothing": {"fields": ["cookie_id"]},
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_list_for_whom_no_list_may_go_is_one_clear_line(tmp_path, what):
    make.recipient(**({"name": "Office", "fields": ["email"]} | WRONG[what]))
    with pytest.raises(CommandError, match="No recipient of lists is called 'Office'"):
        scrub(tmp_path, "email\nmary@example.com\n", recipient="Office")


def test_the_office_says_who_gets_the_list_and_a_second_try_writes_nobody_down_twice(tool):
    willing("mary@example.com")
    officer = desk(colleague(roles.OFFICER))
    said = {"channel": "email", "sender": "own", "content": "own", "at": "", "recipient": tool.pk, "other_goods": "on"}
    file = SimpleUploadedFile("list.csv", b"email\nmary@example.com\n", "text/csv")
    officer.post(reverse("admin:check_list"), {**said, "file": file})
    row = ListCheck.objects.get()
    assert jobs.work("privacy.listcheck", row.pk)
    row.refresh_from_db()
    assert row.allowed == 1
    ListCheck.objects.filter(pk=row.pk).update(job_state="new")
    assert jobs.work("privacy.listcheck", row.pk)
    assert Disclosure.objects.get().reference == f"mailing list {row.pk}"
    page = officer.get(reverse("admin:privacy_listcheck_change", args=[row.pk])).content.decode()
    assert "Letterbox" in page and "other things than those that people bought" in page


def test_a_phone_number_in_a_row_must_be_hers(tmp_path):
    mary, anna = (willing(f"{name}@example.com", phone=phone) for name, phone in (("m", "020 7946 0001"), ("a", "")))
    for person in (mary, anna):
        make.grant(person, channel=Channel.PHONE)
    rows = f"{mary.number},+44 20 7946 0001\n{mary.number},020 7946 0009\n{anna.number},020 7946 0009\n{anna.number},\n"
    answers, _said = scrub(tmp_path, f"customer,Phone\n{rows}", channel="phone")
    assert [row["allowed"] for row in answers] == ["true", "false", "false", "true"]
    assert answers[1]["reasons"] == answers[2]["reasons"] == "this phone number is not this customer's"
    suppression.suppress("0044 (0)20 7946 0001", channel=Channel.PHONE, reason="objection")
    answers, _said = scrub(tmp_path, f"customer,Phone\n{rows}", channel="phone")
    assert answers[0]["allowed"] == "false"


def test_pecr_22_3_a_soft_opt_in_opens_no_door_for_other_goods(tmp_path, settings):
    settings.PROMISE_PACKS = []
    mary = make.customer("mary@example.com")
    make.soft_opt_in(mary)
    text, why = (
        "email\nmary@example.com\n",
        "Details from a sale allow only offers of things like those that were bought.",
    )
    assert scrub(tmp_path, text)[0][0]["allowed"] == "true", "of things like those"
    assert scrub(tmp_path, text, other_goods=True)[0][0]["reasons"] == why

    def letter():
        return EmailMessage(
            "News", f"{settings.SHOP['postal_address']} {{unsubscribe}}", "news@shop.example", [mary.contact_email]
        )

    assert mailings.prepare(letter(), mary)
    with pytest.raises(mailings.MayNotLeave, match=why):
        mailings.prepare(letter(), mary, is_similar=False)


@pytest.mark.parametrize(
    "more", [{}, {"is_for_children": True}, {"is_similar": False}, {"is_for_children": True, "is_similar": False}]
)
def test_what_a_mail_says_of_itself_is_read_back_as_it_was_written(more):
    mark, mime = Mark(Sender.OWN, Sender.THIRD_PARTY, **more), EmailMessage().message()
    mime["X-Marketing"] = str(mark)
    assert Mark.of(mime) == mark


def test_sfb_33_a_list_marked_for_children_is_asked_about_as_such(tmp_path):
    child = make.customer(
        "child@example.com", date_of_birth=timezone.localdate().replace(year=timezone.localdate().year - 14, day=1)
    )
    make.guardian_consent(child)
    make.grant(child)
    text = "email\nchild@example.com\n"
    assert [scrub(tmp_path, text, for_children=suits)[0][0]["allowed"] for suits in (False, True)] == ["false", "true"]


def test_may_we_asks_about_other_goods(settings):
    settings.PROMISE_PACKS = []
    mary = make.customer("mary@example.com")
    make.soft_opt_in(mary)
    row = {"customer": mary.number, "channel": "email", "sender": "own", "content": "own"}
    assert gate.may_contact(mary, "email").allowed
    assert not next(asking.contacts([row | {"is_similar": False}]))["allowed"]

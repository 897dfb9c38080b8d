"""The staff's side of incoming mail: found, read safely, linked, opened, switched off, dismissed, and taken back."""

import base64
import time
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from privacy import consent, jobs
from privacy.audit import AuditEntry
from privacy.inbound import attachments, handling, mailbox, showing
from privacy.inbound.mailbox import InboundEmail
from privacy.notices import OutgoingEmail
from privacy.roles import AGENT, AUDITOR, OFFICER
from privacy.subject_requests import DataSubjectRequest
from privacy.vocabulary import Purpose
from tests import make
from tests.office import colleague, desk, look
from tests.races import at_once

pytestmark = pytest.mark.django_db
LIST, EXPLAIN = "/admin/privacy/inboundemail/", "/admin/mail/explain/"
CAME = timezone.now() - timedelta(days=5)
UNCLEAR = (
    "Well, here we are again, as you see.\n\nOn Monday, shop@example.com wrote:\n> unsubscribe\n> from this list\n"
)


def letter(body=UNCLEAR, *, subject="About my data", sender="mary@example.com", to="privacy@northlight.example"):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Mary <{sender}>", to, subject
    message["Message-ID"] = f"<{timezone.now().timestamp()}@example.com>"
    message.set_content(body)
    return message.as_bytes()


def arrived(raw=None, *, to="privacy@northlight.example", sender="mary@example.com", is_read=True, now=CAME):
    """A mail that came in by the one door, and was read by the very worker's code."""
    mail = mailbox.accept(raw or letter(), to, sender, "smtp", now)
    if is_read:
        jobs.work("privacy.inboundemail", mail.pk)
        mail.refresh_from_db()
    return mail


def step(mail, name):
    return reverse("admin:privacy_inboundemail_step", args=[mail.pk, name])


def page_of(mail):
    return reverse("admin:privacy_inboundemail_change", args=[mail.pk])


def person_page(mail):
    return reverse("admin:privacy_inboundemail_person", args=[mail.pk])


def listed(at_desk, **query):
    return [mail.pk for mail in at_desk.get(LIST, query).context["cl"].result_list]


def acts(mail):
    return [entry.event for entry in AuditEntry.objects.filter(target=f"privacy.inboundemail:{mail.pk}").order_by("pk")]


@pytest.fixture
def agent():
    return colleague(AGENT)


@pytest.fixture
def at_desk(agent):
    return desk(agent)


@pytest.fixture
def mary():
    return make.customer("mary@example.com", display_name="Mary Byrne", family_name="Byrne")


# --- the list ----------------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_oldest_first_and_every_other_kind_by_its_filter(at_desk, mary):
    newer, older = arrived(now=timezone.now()), arrived(letter(subject="Other"))
    machine = arrived(letter(subject="Automatic reply: back on Monday"))
    failed, done = arrived(letter(subject="Broken")), arrived(letter(subject="Done"))
    InboundEmail.objects.filter(pk=failed.pk).update(job_state="needs_attention", review_state="")
    handling.dismiss(done, "spam", actor=colleague(AGENT))
    assert listed(at_desk) == [newer.pk, older.pk, failed.pk]
    assert listed(at_desk, which="failed") == [failed.pk]
    assert listed(at_desk, which="done") == [done.pk]
    assert listed(at_desk, which="machine") == [machine.pk]
    assert sorted(listed(at_desk, which="all"), reverse=True) == listed(at_desk, which="all")
    assert len(listed(at_desk, which="all")) == 5


def test_a_line_says_what_was_recognised_and_why_and_shows_the_person_masked(at_desk, mary):
    arrived(letter("Please unsubscribe me.", subject="Hello"))
    shown = at_desk.get(LIST, {"which": "all"}).content.decode()
    for words in (
        "no more advertising by email",
        "own words ask for “no more advertising by email”",
        "M••• B•••",
        mary.printed_number,
    ):
        assert words in shown, words
    assert "Mary Byrne" not in shown
    assert "mary@example.com" not in shown


def test_an_address_finds_the_mails_from_it_wherever_they_stand(at_desk, mary):
    mine = arrived(letter("Please unsubscribe me.", subject="Hello"))
    arrived(letter(sender="other@example.com"), sender="other@example.com")
    by_header = arrived(letter(subject="Second"), sender="bounce-17@mailer.example")
    assert listed(at_desk, q="MARY@example.com") == [by_header.pk, mine.pk]
    assert listed(at_desk, q="mary@example.co") == []
    assert listed(at_desk, q="bounce-17@mailer.example") == [by_header.pk]


def test_number_name_and_reference_find_mails_too(at_desk, mary):
    mine = arrived(letter("I want a copy of my data.", subject="Access request"))
    arrived(letter(sender="other@example.com"), sender="other@example.com")
    case = DataSubjectRequest.objects.get()
    for text in (mary.printed_number, mary.number, "mary b", case.reference, case.reference.lower()):
        assert listed(at_desk, q=text) == [mine.pk], text
    assert listed(at_desk, q="NL-2099-999999") == []


def test_many_mails_come_in_pages(at_desk, mary):
    for n in range(30):
        make.inbound_email(mary, identity=f"page-{n}", review_state="open")
    first = at_desk.get(LIST)
    assert len(first.context["cl"].result_list) == 25
    assert len(at_desk.get(LIST + first.context["cl"].older_link).context["cl"].result_list) == 5


def test_an_empty_inbox_is_good_news_and_says_so(at_desk):
    assert "No email waits for a colleague." in at_desk.get(LIST).content.decode()
    assert "Nothing fits this search" in at_desk.get(LIST, {"q": "nobody@example.com"}).content.decode()


def test_the_list_never_decrypts_a_mail(at_desk, mary, django_assert_max_num_queries):
    for n in range(25):
        make.inbound_email(mary, identity=f"line-{n}", review_state="open")
    InboundEmail.objects.update(raw=b"not a cipher")
    with django_assert_max_num_queries(14):
        assert at_desk.get(LIST).status_code == 200


# --- reading -----------------------------------------------------------------------------------------------


def test_own_words_come_first_and_quoted_ones_are_folded_not_lost():
    own, quoted = showing.pieces(UNCLEAR)
    assert (own.is_own, own.text) == (True, "Well, here we are again, as you see.")
    assert (quoted.is_own, quoted.lines) == (False, 3)
    assert "> from this list" in quoted.text


@pytest.mark.parametrize("text", [UNCLEAR, "", "\n\n", "> all\n> quoted", "See https://x.example/ now\nBye",
                                  "a\r\n> b\r\nc\n-- \nMary", "x\n" * 3000])  # fmt: skip
def test_no_line_of_a_mail_is_left_out(text):
    shown = "\n".join(piece.text for piece in showing.pieces(text))
    for line in text.replace("\r\n", "\n").split("\n"):
        assert line.strip() in shown


def test_f70_nothing_in_a_mail_becomes_a_link_or_is_fetched(at_desk, mary):
    raw = letter("Look at https://evil.example/x?token=1 or mailto:a@evil.example <img src=https://evil.example/p.gif>")
    mail = arrived(raw)
    look(at_desk, mail)
    shown = at_desk.get(page_of(mail)).content.decode()
    assert "https://evil.example/x?token=1" in shown
    for poison in ('href="https://evil', 'href="mailto', "<img src=https", 'src="https'):
        assert poison not in shown


def with_attachments():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "mary@example.com", "privacy@northlight.example", "Papers"
    message.set_content("See attached.")
    big = bytes(range(256)) * 20_000
    message.add_attachment(big, maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    message.add_attachment("x,y\n", subtype="csv", filename='../../etc/"evil\u202efdp.exe')
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", disposition="inline")
    return message.as_bytes(), big


def test_an_attachment_is_listed_by_name_type_and_size_and_saved_whole_after_a_warning(at_desk, mary):
    raw, big = with_attachments()
    mail = arrived(raw)
    look(at_desk, mail)
    shown = at_desk.get(page_of(mail)).content.decode()
    for words in ("Rechnung März.pdf", "application/pdf", "4.9\xa0MB", "image/png", "virus scanner"):
        assert words in shown, words
    url = reverse("admin:privacy_inboundemail_attachment", args=[mail.pk, 1])
    assert at_desk.get(url).status_code == 405
    assert "mail.attachment_taken" not in acts(mail)
    saved = at_desk.post(url)
    assert saved.content == big
    assert (saved["Content-Type"], saved["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert saved["Content-Disposition"].startswith("attachment;")
    assert "mail.attachment_taken" in acts(mail)
    assert at_desk.post(reverse("admin:privacy_inboundemail_attachment", args=[mail.pk, 9])).status_code == 404


def test_the_name_of_an_attachment_leads_into_no_folder_and_turns_nothing_around():
    raw, _big = with_attachments()
    names = [one.name for one in attachments.of(raw)]
    assert names == ["Rechnung März.pdf", names[1], "attachment-3"]
    assert not set('/\\\u202e"<>') & set(names[1])
    assert names[1].endswith("evilfdp.exe")


@pytest.mark.parametrize(("given", "name"), [
    (b"filename*=UTF-8''na%C3%AFve%20plan.txt", "naïve plan.txt"),
    (b'filename="=?utf-8?B?' + base64.b64encode("Übung.pdf".encode()) + b'?="', "Übung.pdf"),
    (b"filename*0=one-; filename*1=two.txt", "one-two.txt"),
    (b"filename=Mary's notes.txt", "Mary's"),
    (b'filename="Mary\'s notes.txt"', "Mary's notes.txt"),
    (b'filename="\r\n"', "attachment-1"),
    (b'filename="..."', "attachment-1"),
])  # fmt: skip
def test_names_in_every_form_are_read(given, name):
    raw = b"Content-Type: application/x; a=b\r\nContent-Disposition: attachment; " + given + b"\r\n\r\nx"
    assert [one.name for one in attachments.of(raw)] == [name]


def test_25_mb_of_attachments_are_taken_apart_in_a_moment():
    body = base64.encodebytes(b"\x00" * 18_000_000).replace(b"\n", b"\r\n")
    raw = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/x\r\n"
           b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"\r\n--b--")  # fmt: skip
    began = time.process_time()
    [one] = attachments.of(raw)
    assert one.data == b"\x00" * 18_000_000
    assert time.process_time() - began < 2


def test_every_mail_of_the_corpora_is_shown(corpora):
    shown = 0
    for path in sorted(corpora.rglob("*.eml"))[::4]:
        raw = path.read_bytes()
        try:
            read = mailbox.judge(raw, "privacy@northlight.example", "", timezone.now()).reading
            attachments.of(raw)
        except attachments.reading.Unreadable:
            continue
        assert read is None or showing.pieces(read.text) is not None
        shown += 1
    assert shown > 100


# --- whose it is -------------------------------------------------------------------------------------------


def test_a_stranger_s_mail_is_linked_by_number_name_or_address_and_can_be_put_back(at_desk, mary):
    mail = arrived(letter(f"My number is {mary.printed_number}.", sender="new@example.net"), sender="new@example.net")
    assert mail.data_subject is None
    assert mary.printed_number in at_desk.get(person_page(mail)).content.decode()
    for text in (mary.number, "mary by", "mary@example.com"):
        assert "M••• B•••" in at_desk.get(person_page(mail), {"q": text}).content.decode(), text
    assert "Is it really the email of" in at_desk.get(person_page(mail), {"person": mary.number}).content.decode()
    assert InboundEmail.objects.get(pk=mail.pk).data_subject is None
    at_desk.post(person_page(mail), {"person": mary.number, "seen": ""})
    mail.refresh_from_db()
    assert (mail.data_subject, mail.matched_by) == (mary, "colleague")
    assert listed(at_desk, q=mary.number) == [mail.pk]
    at_desk.post(step(mail, "link_back"), {"seen": str(mary.pk)})
    mail.refresh_from_db()
    assert (mail.data_subject, mail.matched_by) == (None, "")
    assert [event for event in acts(mail) if "link" in event] == ["mail.linked", "mail.unlinked"]


def test_going_back_from_the_wrong_person_restores_the_right_one_and_how_she_was_known(at_desk, mary):
    mail, other = arrived(), make.customer()
    at_desk.post(person_page(mail), {"person": other.number, "seen": str(mary.pk)})
    at_desk.post(step(mail, "link_back"), {"seen": str(other.pk)})
    mail.refresh_from_db()
    assert (mail.data_subject, mail.matched_by) == (mary, "from")


def test_going_back_leads_to_nobody_who_was_erased_meanwhile(mary):
    mail, other = arrived(), make.customer()
    handling.link(mail, other, actor=colleague(AGENT))
    type(mary).objects.filter(pk=mary.pk).update(erased_at=timezone.now())
    with pytest.raises(handling.NotPossible, match="erased"):
        handling.link_back(mail, actor=colleague(AGENT))
    assert InboundEmail.objects.get(pk=mail.pk).data_subject == other


def test_whoever_saw_another_person_is_told_and_nothing_changes(at_desk, mary):
    mail, other, third = arrived(), make.customer(), make.customer()
    handling.link(mail, other, actor=colleague(OFFICER))
    told = at_desk.post(person_page(mail), {"person": third.number, "seen": str(mary.pk)}, follow=True)
    assert "Meanwhile a colleague changed whose email this is." in told.content.decode()
    given = {"kind": "access", "seen": str(mary.pk), "confirmed": "1"}
    told = at_desk.post(step(mail, "open_case"), given, follow=True)
    assert "Meanwhile a colleague changed whose email this is." in told.content.decode()
    assert InboundEmail.objects.get(pk=mail.pk).data_subject == other
    assert not DataSubjectRequest.objects.exists()


def test_nothing_is_linked_to_the_erased_or_to_nobody_at_all(at_desk, mary):
    mail, gone = arrived(), make.customer(erased_at=timezone.now())
    told = at_desk.post(person_page(mail), {"person": gone.number, "seen": str(mary.pk)}, follow=True)
    assert "This person was erased." in told.content.decode()
    assert at_desk.post(person_page(mail), {"person": "12345", "seen": ""}).status_code == 404
    assert InboundEmail.objects.get(pk=mail.pk).data_subject == mary


# --- a request ---------------------------------------------------------------------------------------------


def test_a_request_keeps_the_day_and_the_words_of_the_mail_and_proves_nobody(at_desk, agent, mary):
    mail = arrived()
    form = {"kind": "access", "seen": str(mary.pk), "is_all": "on"}
    asked = at_desk.post(step(mail, "open_case"), form)
    assert "The clock starts on the day the email came" in asked.content.decode()
    assert not DataSubjectRequest.objects.exists()
    at_desk.post(step(mail, "open_case"), form | {"confirmed": "1"})
    case = DataSubjectRequest.objects.get()
    assert (case.data_subject, case.kind, case.source, case.received_at) == (mary, "access", "email", CAME)
    assert case.text == "About my data\n\nWell, here we are again, as you see."
    assert case.identity_confirmed_at is None
    assert case.state == "received"
    same_day = make.case(make.customer(), "access", received_at=CAME)
    assert case.due_on == same_day.due_on
    mail.refresh_from_db()
    assert (mail.review_state, mail.reviewed_as, mail.reviewed_by) == ("done", "acted", agent)
    assert OutgoingEmail.objects.filter(template="case_received", data_subject=mary).count() == 1
    assert case.reference in at_desk.get(page_of(mail)).content.decode()
    back = at_desk.get(reverse("admin:privacy_datasubjectrequest_change", args=[case.pk])).content.decode()
    assert page_of(mail) in back


def test_clz_20_a_question_to_info_becomes_an_enquiry_in_the_queue(at_desk, mary):
    words = letter("Which of my details does your carrier see?", subject="A question", to="info@northlight.example")
    mail = arrived(words, to="info@northlight.example")
    case = DataSubjectRequest.objects.get()
    assert (case.kind, case.data_subject, case.received_at) == ("enquiry", mary, CAME)
    assert case.reference in at_desk.get(page_of(mail)).content.decode()
    assert case.reference in at_desk.get("/admin/privacy/datasubjectrequest/").content.decode()


def test_several_wishes_in_one_mail_are_opened_one_after_the_other_and_none_twice(at_desk, mary):
    mail = arrived()
    form = {"seen": str(mary.pk), "confirmed": "1"}
    for kind in ("access", "erasure", "access", "enquiry", "enquiry"):
        told = at_desk.post(step(mail, "open_case"), form | {"kind": kind}, follow=True)
    assert "opened such a request already" in told.content.decode()
    assert sorted(DataSubjectRequest.objects.values_list("kind", flat=True)) == ["access", "enquiry", "erasure"]
    assert InboundEmail.objects.get(pk=mail.pk).waits


def test_a_request_that_is_under_way_hears_it_again_instead(at_desk, mary):
    first, mail = make.case(mary, "erasure"), arrived()
    at_desk.post(step(mail, "open_case"), {"kind": "erasure", "seen": str(mary.pk), "confirmed": "1", "is_all": "on"})
    assert DataSubjectRequest.objects.get() == first
    assert first.events.get(kind="asked_again").text.startswith("About my data")
    assert first.reference in at_desk.get(page_of(mail)).content.decode()
    assert listed(at_desk, q=first.reference) == [mail.pk]


def test_a_request_of_the_wrong_person_does_not_bar_the_right_one(at_desk, mary):
    mail, other = arrived(), make.customer()
    handling.open_case(mail, "access", actor=colleague(AGENT), is_all=False)
    handling.link(mail, other, actor=colleague(AGENT))
    handling.open_case(mail, "access", actor=colleague(AGENT))
    assert {case.data_subject for case in DataSubjectRequest.objects.all()} == {mary, other}


def test_without_a_person_no_request_and_no_switch_is_offered_or_taken(at_desk, mary):
    mail = arrived(letter(sender="new@example.net"), sender="new@example.net")
    assert "first say whose email it is" in at_desk.get(page_of(mail)).content.decode()
    for name, form in (("open_case", {"kind": "access"}), ("apply", {"command": "unsubscribe"})):
        told = at_desk.post(step(mail, name), form | {"seen": "", "confirmed": "1"}, follow=True)
        assert "First say whose email it is." in told.content.decode()
    assert not DataSubjectRequest.objects.exists()
    assert not consent.ConsentEntry.objects.exists()


# --- switching off -----------------------------------------------------------------------------------------


def test_what_is_switched_off_counts_from_the_mail_by_the_colleague_with_receipt_and_undo(at_desk, agent, mary, client):
    make.grant(mary, occurred_at=CAME - timedelta(days=1))
    mail = arrived()
    form = {"command": "unsubscribe", "seen": str(mary.pk), "is_all": "on"}
    assert "A receipt goes to the address" in at_desk.post(step(mail, "apply"), form).content.decode()
    assert consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")
    at_desk.post(step(mail, "apply"), form | {"confirmed": "1"})
    entry = consent.latest(mary, Purpose.MARKETING, channel="email", sender="own")
    assert entry
    assert (entry.decision, entry.source, entry.occurred_at) == ("withdrawn", "email", CAME)
    assert entry.wording.startswith("About my data")
    assert entry.actor == f"customers.account:{agent.pk}"
    receipt = OutgoingEmail.objects.get(template="mail_receipt")
    assert receipt.to_address == "mary@example.com"
    shown = at_desk.get(page_of(mail)).content.decode()
    assert reverse("admin:privacy_outgoingemail_change", args=[receipt.pk]) in shown
    assert reverse("admin:privacy_consententry_change", args=[entry.pk]) in shown
    undo = next(word for word in bytes(receipt.body).decode().split() if "/unsubscribe/undo/" in word)
    client.post("/unsubscribe/undo/" + undo.partition("/unsubscribe/undo/")[2])
    assert consent.is_granted(mary, Purpose.MARKETING, channel="email", sender="own")


def test_a_receipt_never_goes_to_an_address_that_only_wrote(at_desk, mary):
    mail = arrived(letter(sender="mallory@example.net"), sender="mallory@example.net")
    handling.link(mail, mary, actor=colleague(AGENT))
    handling.apply(mail, "unsubscribe", actor=colleague(AGENT))
    written = set(OutgoingEmail.objects.values_list("to_address", flat=True))
    assert "mallory@example.net" not in written
    assert "mary@example.com" in written


@pytest.mark.parametrize("name", sorted(handling.commands.REGISTER))
def test_every_command_can_be_applied_and_only_switches_off(name, mary):
    make.grant(mary, occurred_at=CAME - timedelta(days=1))
    changes = handling.apply(arrived(), name, actor=colleague(AGENT))
    assert {change.entry.decision for change in changes} <= {"withdrawn"}
    assert not consent.ConsentEntry.objects.exclude(actor="x").filter(decision="granted", occurred_at=CAME).exists()


def test_a_second_colleague_with_the_same_page_is_told(at_desk, mary):
    mail = arrived()
    second = desk(colleague(OFFICER))
    form = {"command": "stop_post", "seen": str(mary.pk), "confirmed": "1"}
    at_desk.post(step(mail, "apply"), form)
    assert "already" in second.post(step(mail, "apply"), form, follow=True).content.decode()
    assert AuditEntry.objects.filter(event="mail.applied").count() == 1
    at_desk.post(step(mail, "dismiss"), {"why": "acted"})
    for name, more in (
        ("apply", {"command": "stop_sms"}),
        ("open_case", {"kind": "access"}),
        ("dismiss", {"why": "spam"}),
    ):
        told = second.post(step(mail, name), form | more, follow=True)
        assert "A colleague was faster" in told.content.decode(), name
    told = second.post(person_page(mail), {"person": "", "seen": str(mary.pk)}, follow=True)
    assert "A colleague was faster" in told.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["open_case", "apply", "dismiss", "link"])
def test_of_six_colleagues_at_the_same_instant_one_does_it_and_five_are_told(verb, mary):
    mail, clerk, other = arrived(), colleague(AGENT), make.customer()
    said = {"open_case": ("access",), "apply": ("unsubscribe",), "dismiss": ("spam",), "link": (other,)}[verb]

    def try_it():
        try:
            getattr(handling, verb)(mail, *said, actor=clerk, **({} if verb == "dismiss" else {"seen": str(mary.pk)}))
        except handling.NotPossible:
            return "told"
        return "done"

    assert sorted(at_once(6, try_it)) == ["done"] + ["told"] * 5
    assert DataSubjectRequest.objects.count() == (verb == "open_case")
    assert AuditEntry.objects.filter(event="mail.applied").count() == (verb == "apply")
    assert acts(mail).count("mail.linked") == (verb == "link")


# --- off the list, and back --------------------------------------------------------------------------------


def test_dismissing_needs_a_reason_and_is_undone_by_putting_it_back(at_desk, agent, mary):
    mail = arrived()
    assert at_desk.post(step(mail, "dismiss"), {}).status_code == 422
    at_desk.post(step(mail, "dismiss"), {"why": "spam"})
    mail.refresh_from_db()
    assert (mail.waits, mail.reviewed_as, mail.reviewed_by) == (False, "spam", agent)
    assert "Took it off the list: spam" in at_desk.get(page_of(mail)).content.decode()
    at_desk.post(step(mail, "reopen"))
    mail.refresh_from_db()
    assert (mail.waits, mail.reviewed_as, mail.reviewed_by, mail.reviewed_at) == (True, "", None, None)
    assert [event for event in acts(mail) if event.startswith("mail.")] == ["mail.dismissed", "mail.reopened"]


def test_a_mail_that_a_machine_took_for_a_machine_s_can_be_put_on_the_list(at_desk, mary):
    mail = arrived(letter("Dear shop, I want my data.", subject="Out of office? Not me!"))
    InboundEmail.objects.filter(pk=mail.pk).update(outcome="ignore", review_state="")
    at_desk.post(step(mail, "reopen"))
    assert listed(at_desk) == [mail.pk]


def test_several_are_dismissed_at_once_with_one_reason_and_put_back_at_once(at_desk, mary):
    mails = [arrived(letter(subject=f"Number {n}")) for n in range(3)]
    keys = [mail.pk for mail in mails]
    asked = at_desk.post(LIST, {"action": "dismiss", "_selected_action": keys})
    assert "These 3 emails go off the list" in asked.content.decode()
    unsaid = at_desk.post(LIST, {"action": "dismiss", "_selected_action": keys, "sent": "1"})
    assert "Say why." in unsaid.content.decode()
    assert len(listed(at_desk)) == 3
    handling.dismiss(mails[0], "answered", actor=colleague(OFFICER))
    said = at_desk.post(LIST, {"action": "dismiss", "_selected_action": keys, "sent": "1", "why": "spam"}, follow=True)
    assert "2 emails are off the list." in said.content.decode()
    assert InboundEmail.objects.get(pk=keys[0]).reviewed_as == "answered"
    at_desk.post(f"{LIST}?which=done", {"action": "reopen", "_selected_action": keys})
    assert len(listed(at_desk)) == 3


def test_a_mail_that_failed_three_times_is_tried_again_or_done_with_for_good(at_desk, mary):
    retried, done = arrived(is_read=False), arrived(letter(subject="Two"), is_read=False)
    InboundEmail.objects.update(job_state="needs_attention", failures=3)
    at_desk.post(step(retried, "again"))
    retried.refresh_from_db()
    assert (retried.job_state, retried.failures) == ("new", 0)
    at_desk.post(step(done, "dismiss"), {"why": "spam"})
    done.refresh_from_db()
    assert (done.job_state, done.review_state, done.waits) == ("done", "done", False)
    assert done.finished_at
    told = at_desk.post(step(done, "again"), follow=True).content.decode()
    assert "does not wait for another try any more" in told


def test_what_a_machine_still_reads_is_nobody_s_to_change(at_desk, mary):
    mail = arrived(is_read=False)
    for verb in ("dismiss", "reopen"):
        at_desk.post(step(mail, verb), {"why": "spam"})
    mail.refresh_from_db()
    assert (mail.job_state, mail.review_state) == ("new", "")


# --- who may -----------------------------------------------------------------------------------------------


def test_a_superuser_reads_and_switches_off_and_nothing_else(mary):
    boss, mail = desk(colleague("superuser")), arrived()
    look(boss, mail)
    shown = boss.get(page_of(mail)).content.decode()
    assert "Switch something off" in shown
    assert "Open a request" not in shown
    assert "Save the original" not in shown
    assert AuditEntry.objects.filter(event="break_glass.person_viewed").exists()


def test_every_look_at_a_mail_is_written_down(at_desk, mary):
    mail = arrived()
    look(at_desk, mail)
    at_desk.get(page_of(mail))
    assert "person.viewed" in acts(mail)


# --- what would this email do? -----------------------------------------------------------------------------


def everything():
    """Every row of every table."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models()
        if model._meta.managed
    }


def paste(at_desk, raw="", **given):
    text = raw.decode() if isinstance(raw, bytes) else raw
    return at_desk.post(EXPLAIN, {"text": text, "to": "remove@northlight.example", "sender": ""} | given)


def test_pasting_says_what_would_happen_and_changes_no_row_of_any_table(at_desk, mary):
    make.grant(mary)
    make.link(mary)
    before = everything()
    said = paste(at_desk, letter("Please unsubscribe me.", subject="Hello")).content.decode()
    for words in ("It is done at once: no more advertising by email.", "M••• B•••", "the sender&#x27;s address",
                  "own words ask for “no more advertising by email”", "act"):  # fmt: skip
        assert words in said, words
    paste(at_desk, letter("I want a copy of all my data.", subject="Access"))
    paste(at_desk, letter(sender="stranger@example.net"))
    paste(at_desk, letter("Out", subject="Automatic reply: away"), sender="<>")
    assert everything() == before


@pytest.mark.parametrize(("body", "subject", "words"), [
    ("I want a copy of all my data.", "Access request", "A request is opened: Get a copy of my data."),
    ("Please do not unsubscribe me.", "Hello", "It waits in the inbox until a colleague has looked at it."),
    ("I am away.", "Automatic reply: back soon", "nobody gets an answer"),
])  # fmt: skip
def test_the_answer_is_the_worker_s_own(at_desk, mary, body, subject, words):
    raw = letter(body, subject=subject)
    answer = paste(at_desk, raw, to="privacy@northlight.example")
    assert words in answer.content.decode()
    assert answer.context["outcome"] == arrived(raw).outcome


def test_own_and_quoted_words_are_shown_as_they_were_read(at_desk, mary):
    answer = paste(at_desk, letter())
    assert [piece.is_own for piece in answer.context["pieces"]] == [True, False]
    assert "3 lines that are quoted or were added" in answer.content.decode()


def test_a_stranger_and_a_household_are_told_apart_by_nothing_but_masked_people(at_desk, mary):
    make.email_address(make.customer(display_name="Tom Byrne"), "mary@example.com")
    said = paste(at_desk, letter("Please unsubscribe me.", subject="Hello")).content.decode()
    assert "M••• B•••" in said
    assert "T••• B•••" in said
    said = paste(at_desk, letter("Please unsubscribe me.", subject="x", sender="new@example.net")).content.decode()
    assert "We know nobody by this address." in said


@pytest.mark.parametrize(
    "text", ["Please unsubscribe me.", "Hello: please unsubscribe me", "Hi\nfrom: me\n\nUnsubscribe"]
)
def test_a_text_without_a_head_is_a_plain_message_and_this_is_said(at_desk, text):
    answer = paste(at_desk, text)
    assert "so it was read as a plain message" in answer.content.decode()
    assert text.replace("\n", "") in "".join(piece.text for piece in answer.context["pieces"]).replace("\n", "")


@pytest.mark.parametrize("head", ["Subject: UNSUBSCRIBE", "From a@b.example Mon\r\nSubject: UNSUBSCRIBE",
                                  "\r\n\r\nX-A: b\r\nSubject: unsubscribe"])  # fmt: skip
def test_a_head_of_one_line_is_a_head(at_desk, head):
    answer = paste(at_desk, f"{head}\r\n\r\n")
    assert answer.context["has_head"]
    assert answer.context["found"].command == "unsubscribe"


def test_a_file_is_read_byte_for_byte(at_desk, mary):
    raw = letter("Bitte löschen Sie meine Daten.", subject="Löschung")
    answer = at_desk.post(EXPLAIN, {"to": "privacy@northlight.example", "file": SimpleUploadedFile("a.eml", raw)})
    assert answer.context["found"].case_kinds == ["erasure"]


@pytest.mark.parametrize(("given", "line"), [
    ({"text": ""}, "Paste an email, or choose a file."),
    ({"text": "  \n "}, "Paste an email, or choose a file."),
    ({"text": "Hello", "to": "nowhere"}, "Write a whole address, such as privacy@northlight.example."),
    ({"text": "Hello", "to": ""}, "This field is required."),
    ({"text": "Hello", "file": SimpleUploadedFile("a.eml", b"Subject: x\n\n")}, "not both"),
    ({"text": "", "file": SimpleUploadedFile("a.eml", b"")}, "The file is empty."),
    ({"text": "x" * 500_001}, "Ensure this value has at most 500000 characters"),
])  # fmt: skip
def test_bad_input_gets_one_clear_line_and_keeps_what_was_typed(at_desk, given, line):
    answer = paste(at_desk, **given)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert line in shown
    assert shown.count('class="office-error"') == 1
    assert given["text"].strip() in shown


def test_a_file_larger_than_any_mail_is_refused_and_never_lies_on_the_disk(at_desk, settings):
    settings.MAIL_MAX_BYTES = 1000
    answer = at_desk.post(EXPLAIN, {"to": "a@northlight.example", "file": SimpleUploadedFile("a.eml", b"x" * 1001)})
    assert "This file is larger than any email that we take" in answer.content.decode()
    assert settings.FILE_UPLOAD_MAX_MEMORY_SIZE > 25 * 1024 * 1024


@pytest.mark.parametrize("raw", [b"\x00\xff\xfe", b"From: " + b"(" * 3000, b"Subject: x\r\n" * 1500, b"A:" * 200_000,
                                 b"Subject: \xff\xfe\r\n\r\n\x00", b"From: <@@@>\r\n\r\n\r\n"])  # fmt: skip
def test_whatever_is_in_a_file_it_gets_an_answer(at_desk, raw):
    answer = at_desk.post(EXPLAIN, {"to": "remove@northlight.example", "file": SimpleUploadedFile("a.eml", raw)})
    assert answer.status_code == 200
    assert answer.context["outcome"] in ("review", "ignore")


def test_an_address_that_is_none_of_ours_is_explained_all_the_same_and_said(at_desk):
    assert "This is none of our addresses." in paste(at_desk, letter(), to="x@elsewhere.example").content.decode()


def test_an_auditor_sees_no_mail_and_no_customer_by_any_road(mary):
    mail, at_desk = arrived(), desk(colleague(AUDITOR))
    for url in (LIST, EXPLAIN, page_of(mail), person_page(mail)):
        assert at_desk.get(url).status_code == 403
    assert paste(at_desk, letter()).status_code == 403

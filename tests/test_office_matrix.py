"""Who may do what in the office (FAULTS F56, G): the whole table, held against every address and every action."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from customers.models import Account
from privacy import jobs, roles
from privacy.admin.mail_steps import STEPS as MAIL_STEPS
from privacy.admin.steps import STEPS
from privacy.audit import AuditEntry
from privacy.cases import State
from privacy.letters import LetterVersion
from privacy.roles import AGENT, AUDITOR, MANAGER, OFFICER, Act
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.office import addresses, colleague, desk

pytestmark = pytest.mark.django_db

BREAK_GLASS = "superuser"
EVERYBODY = {"anonymous", "customer", "nobody yet", AGENT, OFFICER, AUDITOR, MANAGER, BREAK_GLASS}
STAFF = EVERYBODY - {"anonymous", "customer"}

# FAULTS.md G, row by row: the act, and who may do it. What is not named may not.
TABLE: dict[Act, set[str]] = {
    Act.SEE_QUEUE: {AGENT, OFFICER, AUDITOR, BREAK_GLASS},
    Act.SEE_PERSON: {AGENT, OFFICER, BREAK_GLASS},
    Act.HANDLE: {AGENT, OFFICER},
    Act.SWITCH_OFF: {AGENT, OFFICER, BREAK_GLASS},
    Act.PROPOSE_CORRECTION: {AGENT, OFFICER},
    Act.APPROVE_CORRECTION: {OFFICER},
    Act.START_EXPORT: {AGENT, OFFICER},
    Act.PROPOSE: {AGENT, OFFICER},
    Act.APPROVE: {OFFICER},
    Act.REFUSE: {OFFICER},
    Act.SEE_HOLDS: {OFFICER, AUDITOR},
    Act.HOLD: {OFFICER},
    Act.SEE_RULES: {OFFICER, AUDITOR, BREAK_GLASS},
    Act.WRITE_RULES: {OFFICER},
    Act.SECOND_RULES: {OFFICER, BREAK_GLASS},
    Act.READ_AUDIT: {OFFICER, AUDITOR, BREAK_GLASS},
    Act.SEE_REASONS: {OFFICER},
    Act.WRITE_LETTERS: {OFFICER},
    Act.MANAGE_ACCOUNTS: {MANAGER, BREAK_GLASS},
    Act.RECORD_TRAINING: {OFFICER, MANAGER, BREAK_GLASS},
}
NOBODY: set[str] = set()
# Its history is the page itself, as it is of every table that only those see who may see a person.
ONE_PAGE = {"privacy_datasubjectrequest", "privacy_deadlinealarm", "customers_fraudmarker"}
# Each table of the office: who may look, who may add, who may change. Deleting: nobody, anywhere.
TABLES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "privacy_datasubjectrequest": (TABLE[Act.SEE_QUEUE], NOBODY, NOBODY),
    "privacy_consententry": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_guardianconsent": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_disclosure": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_authorityorder": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_noticeshown": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_outgoingemail": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_onbehalf": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_inboundemail": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_webhookcall": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_deadlinealarm": (TABLE[Act.SEE_QUEUE], NOBODY, NOBODY),
    "privacy_recipientnotice": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "privacy_auditentry": (TABLE[Act.READ_AUDIT], NOBODY, NOBODY),
    "privacy_restriction": (TABLE[Act.SEE_HOLDS], NOBODY, NOBODY),
    "privacy_recipient": (TABLE[Act.SEE_RULES], TABLE[Act.WRITE_RULES], TABLE[Act.WRITE_RULES]),
    "privacy_cookie": (TABLE[Act.SEE_RULES], TABLE[Act.WRITE_RULES], TABLE[Act.WRITE_RULES]),
    "privacy_purpose": (TABLE[Act.SEE_RULES], TABLE[Act.WRITE_RULES], TABLE[Act.WRITE_RULES]),
    "privacy_policyversion": (TABLE[Act.SEE_RULES], TABLE[Act.WRITE_RULES], NOBODY),
    "privacy_listcheck": (TABLE[Act.SEE_RULES], NOBODY, NOBODY),
    "privacy_promise": (TABLE[Act.SEE_RULES], TABLE[Act.WRITE_RULES], TABLE[Act.WRITE_RULES]),
    "privacy_purgerun": (TABLE[Act.SEE_RULES], NOBODY, NOBODY),
    "customers_customer": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_order": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_enquiry": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_chatlog": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_newslettersubscription": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_creditcheck": (TABLE[Act.SEE_PERSON], NOBODY, NOBODY),
    "customers_fraudmarker": (TABLE[Act.HOLD], NOBODY, NOBODY),
    "customers_account": (TABLE[Act.MANAGE_ACCOUNTS], TABLE[Act.MANAGE_ACCOUNTS], TABLE[Act.MANAGE_ACCOUNTS]),
}
# Every other address: who may open it, and who may send something to it.
PAGES: dict[str, tuple[set[str], set[str]]] = {
    "index": (STAFF, STAFF),
    "login": (STAFF, STAFF),
    "logout": (NOBODY, STAFF),
    "password_change": (STAFF, STAFF),
    "password_change_done": (STAFF, NOBODY),
    "autocomplete": (NOBODY, NOBODY),
    "jsi18n": (STAFF, NOBODY),
    "app_list": (STAFF - {"nobody yet", MANAGER}, STAFF - {"nobody yet", MANAGER}),
    "view_on_site": (NOBODY, NOBODY),
    "confidentiality": (STAFF, STAFF),
    "ready": (STAFF, STAFF),
    "training": (TABLE[Act.RECORD_TRAINING], TABLE[Act.RECORD_TRAINING]),
    "open_details": (NOBODY, TABLE[Act.SEE_PERSON]),
    "mask_again": (NOBODY, TABLE[Act.SEE_PERSON]),
    "looks": (TABLE[Act.READ_AUDIT], NOBODY),
    "canary": (TABLE[Act.SEE_RULES], NOBODY),
    "looks_export": (NOBODY, TABLE[Act.READ_AUDIT]),
    "figures_export": (NOBODY, TABLE[Act.SEE_QUEUE]),
    "intake": (TABLE[Act.HANDLE], TABLE[Act.HANDLE]),
    "revocation": (TABLE[Act.SWITCH_OFF], TABLE[Act.SWITCH_OFF]),
    "may_we": (TABLE[Act.SEE_PERSON], TABLE[Act.SEE_PERSON]),
    "record_guardian": (TABLE[Act.HANDLE], TABLE[Act.HANDLE]),
    "privacy_guardianconsent_withdraw": (NOBODY, TABLE[Act.HANDLE]),
    "impose_restriction": (TABLE[Act.HOLD], TABLE[Act.HOLD]),
    "record_suspicion": (TABLE[Act.HOLD], TABLE[Act.HOLD]),
    "customers_fraudmarker_settle": (NOBODY, TABLE[Act.HOLD]),
    "call_backs": (TABLE[Act.HANDLE], NOBODY),
    "processing_record": (TABLE[Act.SEE_RULES], NOBODY),
    "processing_record_export": (NOBODY, TABLE[Act.SEE_RULES]),
    "processing_record_versions": (TABLE[Act.SEE_RULES], NOBODY),
    "coming_purges": (TABLE[Act.SEE_RULES], NOBODY),
    "check_promises": (NOBODY, TABLE[Act.WRITE_RULES]),
    "purge_switch": (NOBODY, TABLE[Act.SECOND_RULES]),
    "privacy_purgerun_propose": (NOBODY, TABLE[Act.WRITE_RULES]),
    "privacy_purgerun_agree": (NOBODY, TABLE[Act.SECOND_RULES]),
    "privacy_purgerun_decline": (NOBODY, TABLE[Act.SECOND_RULES]),
    "record_authority_order": (TABLE[Act.PROPOSE], TABLE[Act.PROPOSE]),
    "privacy_authorityorder_approve": (NOBODY, TABLE[Act.APPROVE]),
    "privacy_authorityorder_refuse": (NOBODY, TABLE[Act.APPROVE]),
    "privacy_authorityorder_give": (NOBODY, TABLE[Act.APPROVE]),
    "check_list": (TABLE[Act.WRITE_RULES], TABLE[Act.WRITE_RULES]),
    "privacy_listcheck_fetch": (NOBODY, TABLE[Act.WRITE_RULES]),
    "registers": (TABLE[Act.SEE_QUEUE], TABLE[Act.SEE_QUEUE]),
    "letters": (TABLE[Act.SEE_RULES], NOBODY),
    "letter": (TABLE[Act.SEE_RULES], NOBODY),
    "write_letter": (TABLE[Act.WRITE_LETTERS], TABLE[Act.WRITE_LETTERS]),
    "write_letter_version": (TABLE[Act.WRITE_LETTERS], TABLE[Act.WRITE_LETTERS]),
    "jobs": (TABLE[Act.SEE_QUEUE], NOBODY),
    "job_again": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_datasubjectrequest_export": (NOBODY, TABLE[Act.SEE_QUEUE]),
    "privacy_datasubjectrequest_undo_assign": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_datasubjectrequest_bundle": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_datasubjectrequest_certificate": (NOBODY, TABLE[Act.READ_AUDIT]),
    "privacy_datasubjectrequest_others": (TABLE[Act.START_EXPORT], TABLE[Act.START_EXPORT]),
    "privacy_datasubjectrequest_put_back": (NOBODY, TABLE[Act.START_EXPORT]),
    "privacy_datasubjectrequest_step": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_datasubjectrequest_paper": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_datasubjectrequest_remove_paper": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_onbehalf_open": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_onbehalf_close": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_onbehalf_paper": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_inboundemail_raw": (TABLE[Act.HANDLE], NOBODY),
    "privacy_inboundemail_person": (TABLE[Act.HANDLE], TABLE[Act.HANDLE]),
    "privacy_inboundemail_step": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_inboundemail_attachment": (NOBODY, TABLE[Act.HANDLE]),
    "explain_mail": (TABLE[Act.SEE_PERSON], TABLE[Act.SEE_PERSON]),
    "privacy_webhookcall_done": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_deadlinealarm_seen": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_recipientnotice_again": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_recipientnotice_told": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_recipientnotice_answer": (NOBODY, TABLE[Act.HANDLE]),
    "privacy_auditentry_verify": (NOBODY, TABLE[Act.READ_AUDIT]),
    "privacy_restriction_propose": (NOBODY, TABLE[Act.HOLD]),
    "privacy_restriction_lift": (NOBODY, TABLE[Act.HOLD]),
    "privacy_restriction_told": (NOBODY, TABLE[Act.HOLD]),
    "privacy_restriction_keep": (NOBODY, TABLE[Act.HOLD]),
    "privacy_restriction_review": (NOBODY, TABLE[Act.HOLD]),
    "privacy_restriction_export": (NOBODY, TABLE[Act.SEE_HOLDS]),
}
# Each button on a case, for the kind of request named: who may press it.
STEPS_OF: dict[tuple[str, str], set[str]] = {
    ("start", "access"): TABLE[Act.HANDLE],
    ("confirm_identity", "access"): TABLE[Act.HANDLE],
    ("carry_out", "access"): TABLE[Act.START_EXPORT],
    ("carry_out", "portability"): TABLE[Act.START_EXPORT],
    ("carry_out", "rectification"): TABLE[Act.APPROVE_CORRECTION],
    ("carry_out", "objection"): TABLE[Act.SWITCH_OFF],
    ("carry_out", "enquiry"): TABLE[Act.HANDLE],
    ("search", "access"): TABLE[Act.HANDLE],
    ("checks", "access"): TABLE[Act.START_EXPORT],
    ("answer", "complaint"): TABLE[Act.HANDLE],
    ("progress", "complaint"): TABLE[Act.HANDLE],
    ("transaction", "complaint"): TABLE[Act.HANDLE],
    ("mediation", "complaint"): TABLE[Act.HANDLE],
    ("arbitration", "complaint"): TABLE[Act.HANDLE],
    ("describe", "rectification"): TABLE[Act.PROPOSE_CORRECTION],
    ("whose_error", "rectification"): TABLE[Act.PROPOSE_CORRECTION],
    ("convert", "enquiry"): TABLE[Act.HANDLE],
    ("propose", "erasure"): TABLE[Act.PROPOSE],
    ("approve", "erasure"): TABLE[Act.APPROVE],
    ("send_back", "erasure"): TABLE[Act.APPROVE],
    ("called", "access"): TABLE[Act.HANDLE],
    ("not_the_person", "access"): TABLE[Act.REFUSE],
    ("settle", "access"): TABLE[Act.REFUSE],
    ("id_asked", "access"): TABLE[Act.HANDLE],
    ("id_received", "access"): TABLE[Act.HANDLE],
    ("clarification_asked", "access"): TABLE[Act.HANDLE],
    ("clarification_received", "access"): TABLE[Act.HANDLE],
    ("acknowledged", "complaint"): TABLE[Act.HANDLE],
    ("extend", "access"): TABLE[Act.HANDLE],
    ("assign", "access"): TABLE[Act.HANDLE],
    ("paper", "access"): TABLE[Act.HANDLE],
    ("represent", "access"): TABLE[Act.HANDLE],
    ("person_told", "access"): TABLE[Act.HANDLE],
    ("authority_seen", "access"): TABLE[Act.HANDLE],
    ("representation_ended", "access"): TABLE[Act.HANDLE],
    ("merge", "access"): TABLE[Act.HANDLE],
    ("note", "access"): TABLE[Act.HANDLE],
    ("doubt", "access"): TABLE[Act.HANDLE],
    ("withdraw", "access"): TABLE[Act.HANDLE],
    ("refuse", "access"): TABLE[Act.REFUSE],
    ("propose_refusal", "access"): TABLE[Act.PROPOSE],
    ("approve_refusal", "access"): TABLE[Act.APPROVE],
    ("ask_fee", "access"): TABLE[Act.PROPOSE],
    ("approve_fee", "access"): TABLE[Act.APPROVE],
    ("fee_sent_back", "access"): TABLE[Act.APPROVE],
    ("fee_paid", "access"): TABLE[Act.HANDLE],
    ("fee_withdrawn", "access"): TABLE[Act.HANDLE],
}
# Each button on a mail: who may press it.
STEPS_OF_MAIL: dict[str, set[str]] = {
    "open_case": TABLE[Act.HANDLE],
    "apply": TABLE[Act.SWITCH_OFF],
    "again": TABLE[Act.HANDLE],
    "dismiss": TABLE[Act.HANDLE],
    "reopen": TABLE[Act.HANDLE],
    "link_back": TABLE[Act.HANDLE],
}
WITH_ATTACHMENT = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n--b--\r\n"
)


@pytest.fixture
def people():
    made = {role: colleague(role) for role in (AGENT, OFFICER, AUDITOR, MANAGER)}
    made |= {"nobody yet": colleague(), BREAK_GLASS: colleague("superuser"), "customer": make.account()}
    return made


@pytest.fixture
def desks(people, client):
    return {name: desk(account) for name, account in people.items()} | {"anonymous": client}


@pytest.fixture
def rows():
    """One row of every table, so that every address leads somewhere."""
    mary = make.customer(login=True)
    policy = make.policy()
    recipient = make.recipient()
    made = {
        "privacy_datasubjectrequest": make.case(mary),
        "privacy_consententry": make.grant(mary),
        "privacy_guardianconsent": make.guardian_consent(mary),
        "privacy_disclosure": make.disclosure(mary, recipient=recipient),
        "privacy_authorityorder": make.authority_order(mary),
        "privacy_noticeshown": make.notice_shown(mary),
        "privacy_outgoingemail": make.outgoing_email(mary),
        "privacy_inboundemail": make.inbound_email(mary, raw=WITH_ATTACHMENT, review_state="open"),
        "privacy_onbehalf": make.on_behalf(None, stands="unknown"),
        "privacy_webhookcall": make.webhook_call(mary),
        "privacy_recipientnotice": make.recipient_notice(mary),
        "privacy_auditentry": make.case(mary) and type_of("privacy", "auditentry").objects.latest("pk"),
        "privacy_restriction": make.restriction(mary, lifted_at=None, lifted_by="", lift_proposed_by=""),
        "privacy_recipient": recipient,
        "privacy_deadlinealarm": make.deadline_alarm(mary),
        "privacy_cookie": type_of("privacy", "cookie").objects.create(name="c", purpose="p"),
        "privacy_purpose": type_of("privacy", "purpose").objects.first(),
        "privacy_policyversion": policy,
        "privacy_promise": type_of("privacy", "promise").objects.first(),
        "privacy_listcheck": make.list_check(f"email\n{mary.contact_email}\n"),
        "privacy_purgerun": type_of("privacy", "purgerun").objects.create(today="2026-01-01"),
        "customers_customer": mary,
        "customers_order": make.order(mary),
        "customers_enquiry": make.enquiry(mary),
        "customers_chatlog": make.chat(mary),
        "customers_newslettersubscription": make.newsletter(mary),
        "customers_creditcheck": make.credit_check(mary),
        "customers_fraudmarker": make.fraud_marker(mary),
        "customers_account": colleague(AGENT),
    }
    return {name: row.pk for name, row in made.items()}


def type_of(app, model):
    return next(m for m in admin.site._registry if m._meta.app_label == app and m._meta.model_name == model)


def expected():
    """Address name -> who may open it, who may send something to it."""
    wanted = dict(PAGES)
    for table, (see, add, change) in TABLES.items():
        wanted |= {
            f"{table}_changelist": (see, see),
            f"{table}_change": (see, change),
            f"{table}_history": (see, NOBODY if see == TABLE[Act.SEE_PERSON] or table in ONE_PAGE else see),
            f"{table}_add": (add, add),
            f"{table}_delete": (NOBODY, NOBODY),
        }
    return wanted


# What an address needs besides the row's number.
MORE: dict[str, list[Any]] = {
    "privacy_datasubjectrequest_step": ["note"],
    "privacy_inboundemail_step": ["dismiss"],
    "privacy_inboundemail_attachment": [1],
}
OF_A_ROW = (
    "change", "history", "delete", "propose", "told", "keep", "lift", "review", "raw", "person", "done", "again",
    "answer", "agree", "decline", "others", "bundle", "seen", "open", "close", "paper", "settle",
    "withdraw", "approve", "refuse", "give", "fetch",
)  # fmt: skip
OF_NO_ROW: dict[str, list[Any]] = {"app_list": ["privacy"], "write_letter": ["refusal"], "view_on_site": [1, 1]}


def _left_out(rows):
    row = make.redaction(DataSubjectRequest.objects.get(pk=rows["privacy_datasubjectrequest"]).data_subject)
    return [row.case_id, row.pk]


def _paper(rows):
    """One that is there, though a colleague before may have put hers away."""
    case = DataSubjectRequest.objects.get(pk=rows["privacy_datasubjectrequest"])
    return [case.pk, make.case_paper(case.data_subject, case=case).pk]


def _certificate(rows):
    row = make.certificate_of(DataSubjectRequest.objects.get(pk=rows["privacy_datasubjectrequest"]).data_subject)
    return [row.erasure.case_id, row.number]


def _person(rows):
    return ["customers.customer", rows["customers_customer"]]


def _letter(rows):
    return [LetterVersion.objects.first().pk]


OF_ITS_OWN = {
    "open_details": _person, "mask_again": _person, "letter": _letter, "write_letter_version": _letter,
    "job_again": lambda rows: ["privacy.outgoingemail", rows["privacy_outgoingemail"]],
    "privacy_datasubjectrequest_put_back": _left_out, "privacy_datasubjectrequest_paper": _paper,
    "privacy_datasubjectrequest_remove_paper": _paper, "privacy_datasubjectrequest_certificate": _certificate,
}  # fmt: skip


def address(name, rows):
    table, _, what = name.rpartition("_")
    if name in OF_ITS_OWN:
        return reverse(f"admin:{name}", args=OF_ITS_OWN[name](rows))
    if table in rows and (name in MORE or what in OF_A_ROW):
        return reverse(f"admin:{name}", args=[rows[table], *MORE.get(name, [])])
    return reverse(f"admin:{name}", args=OF_NO_ROW.get(name, []))


def test_the_roles_are_exactly_the_table():
    for act, who in TABLE.items():
        for role in (AGENT, OFFICER, AUDITOR, MANAGER):
            assert (act in roles.ROLES[role]) == (role in who), (act, role)
        assert (act in roles.BREAK_GLASS) == (BREAK_GLASS in who), act
    assert set(TABLE) == set(Act)


def test_the_groups_in_the_database_are_exactly_the_roles(people):
    for role in (AGENT, OFFICER, AUDITOR, MANAGER):
        assert roles.acts_of(people[role]) == roles.ROLES[role]
    assert roles.acts_of(people[BREAK_GLASS]) == roles.BREAK_GLASS
    assert roles.acts_of(people["nobody yet"]) == roles.acts_of(people["customer"]) == frozenset()


def test_a_superuser_has_more_only_through_a_role():
    both = colleague(OFFICER, is_superuser=True)
    assert roles.may(both, Act.APPROVE)
    assert not roles.may(colleague("superuser"), Act.APPROVE)


def test_seeding_again_takes_away_what_somebody_added(people):
    group = people[AGENT].groups.get()
    group.permissions.set(type(group.permissions.first()).objects.all())
    roles.seed()
    assert set(group.permissions.values_list("codename", flat=True)) == set(roles.ROLES[AGENT])


def test_every_address_of_the_office_stands_in_the_table():
    assert sorted(set(addresses()) ^ set(expected())) == []


LOOKING, SENDING = ("get", "head"), ("post", "put", "delete")


def wrong(answer, who, opens, sends, verb):
    """What is wrong with this answer for this person; nothing when it is as the table says."""
    refused = answer.status_code in (403, 404, 405)
    if answer.status_code >= 500:
        return "broke"
    if who == "anonymous":
        return (
            "" if answer.status_code == 302 and answer.url.startswith("/account/login/") else "did not ask to sign in"
        )
    if who in (opens if verb in LOOKING else sends):
        return "refused" if refused and verb in ("get", "post") else ""
    return "" if refused or (verb in ("put", "delete") and who in opens) else "let in"


@pytest.mark.slow
@pytest.mark.parametrize("verb", [*LOOKING[:1], *SENDING])
def test_every_address_for_every_role_and_verb(verb, desks, rows):
    found = []
    for name, (opens, sends) in sorted(expected().items()):
        if (name, verb) == ("logout", "post"):
            continue
        for who, browser in desks.items():
            url = address(name, rows)
            answer = getattr(browser, verb)(url)
            if complaint := wrong(answer, who, opens, sends, verb):
                found.append((name, who, answer.status_code, complaint))
    assert found == []


def test_every_step_stands_in_the_table():
    assert {name for name, _kind in STEPS_OF} == {step.name for step in STEPS}


@pytest.mark.parametrize(("name", "kind"), sorted(STEPS_OF), ids=lambda value: value)
def test_every_step_for_every_role(name, kind, desks):
    case = make.case(make.customer(), kind)
    url = reverse("admin:privacy_datasubjectrequest_step", args=[case.pk, name])
    for who, browser in desks.items():
        answer = browser.post(url, {"text": "Words.", "how": "Called back.", "kind": "identity_failed"})
        allowed = who in STEPS_OF[name, kind]
        assert (answer.status_code not in (403, 404)) == (allowed or who == "anonymous"), (who, answer.status_code)
        assert browser.get(url).status_code in ((302,) if who == "anonymous" else (403, 405)), who


def test_every_step_of_a_mail_stands_in_the_table():
    assert set(STEPS_OF_MAIL) == {step.name for step in MAIL_STEPS}


@pytest.mark.parametrize("name", sorted(STEPS_OF_MAIL))
def test_every_step_of_a_mail_for_every_role(name, desks):
    mail = make.inbound_email(make.customer(), review_state="open")
    url = reverse("admin:privacy_inboundemail_step", args=[mail.pk, name])
    for who, browser in desks.items():
        answer = browser.post(url, {"kind": "enquiry", "command": "unsubscribe", "why": "spam", "seen": ""})
        allowed = who in STEPS_OF_MAIL[name]
        assert (answer.status_code not in (403, 404)) == (allowed or who == "anonymous"), (who, answer.status_code)
        assert browser.get(url).status_code in ((302,) if who == "anonymous" else (403, 405)), who


@pytest.mark.parametrize("action", ["dismiss", "reopen"])
def test_the_actions_of_the_inbox_for_every_role(action, desks):
    url = reverse("admin:privacy_inboundemail_changelist")
    was, becomes = ("open", "done") if action == "dismiss" else ("done", "open")
    for who, browser in desks.items():
        mail = make.inbound_email(make.customer(), review_state=was)
        browser.post(f"{url}?which=all", {"action": action, "_selected_action": mail.pk, "why": "spam"})
        mail.refresh_from_db()
        assert mail.review_state == (becomes if who in TABLE[Act.HANDLE] else was), who


@pytest.mark.parametrize("action", ["to_me", "to_colleague"])
def test_the_actions_of_the_queue_for_every_role(action, desks, people):
    url = reverse("admin:privacy_datasubjectrequest_changelist")
    for who, browser in desks.items():
        case = make.case(make.customer())
        to = people[who].pk if action == "to_me" and who in people else people[AGENT].pk
        browser.post(url, {"action": action, "_selected_action": case.pk, "to": to})
        moved = DataSubjectRequest.objects.get(pk=case.pk).assignee_id is not None
        assert moved == (who in TABLE[Act.HANDLE]), who
    queue: Any = admin.site._registry[DataSubjectRequest]
    assert {name for _call, name, _words in queue._get_base_actions()} == {
        "to_me", "to_colleague", "delete_selected", "take_in_hand", "acknowledge", "add_note", "extend", "as_csv",
    }  # fmt: skip


BULK: dict[str, set[str]] = {
    "take_in_hand": TABLE[Act.HANDLE], "acknowledge": TABLE[Act.HANDLE], "add_note": TABLE[Act.HANDLE],
    "extend": TABLE[Act.HANDLE], "as_csv": TABLE[Act.SEE_QUEUE],
}  # fmt: skip


@pytest.mark.parametrize("action", sorted(BULK))
def test_the_steps_for_several_requests_for_every_role(action, desks):
    url = reverse("admin:privacy_datasubjectrequest_changelist")
    for who, browser in desks.items():
        case = make.case(make.customer(), "rectification", received_at=timezone.now())
        before = AuditEntry.objects.count()
        browser.post(url, {"action": action, "_selected_action": case.pk, "confirmed": "1", "text": "Words."})
        acted = AuditEntry.objects.count() > before
        possible = action != "acknowledge"
        assert acted == (who in BULK[action] and possible), who


def test_no_table_offers_deleting_to_anybody(people, rf):
    for room in admin.site._registry.values():
        for account in people.values():
            request = rf.get("/")
            request.user = account
            assert not room.has_delete_permission(request)
            assert "delete_selected" not in room.get_actions(request)


def test_a_superuser_alone_cannot_carry_an_erasure_through(desks):
    case = make.case(make.customer(), "erasure", identity_confirmed=True)
    DataSubjectRequest.objects.filter(pk=case.pk).update(state=State.IN_PROGRESS, execute_after=None)
    for name in ("propose", "approve"):
        url = reverse("admin:privacy_datasubjectrequest_step", args=[case.pk, name])
        assert desks[BREAK_GLASS].post(url).status_code == 403
    case.refresh_from_db()
    assert case.state == State.IN_PROGRESS


def test_jobs_are_tried_again_by_those_who_handle(desks):
    mail = make.outgoing_email(make.customer())
    type(mail).objects.filter(pk=mail.pk).update(job_state="needs_attention", failures=3)
    url = reverse("admin:job_again", args=["privacy.outgoingemail", mail.pk])
    assert desks[AUDITOR].post(url).status_code == 403
    assert desks[AGENT].post(url).status_code == 302
    mail.refresh_from_db()
    assert (mail.job_state, mail.failures) == (jobs.Job.State.NEW, 0)
    assert desks[AGENT].post(reverse("admin:job_again", args=["no.such", 1])).status_code == 404


def test_nobody_becomes_a_customer(desks):
    mary = make.customer(login=True)
    for who, browser in desks.items():
        for verb in ("get", "post"):
            answer = getattr(browser, verb)(f"/admin/customers/customer/{mary.pk}/login/")
            assert answer.status_code in (302, 403, 404), who
        assert browser.session.get("_auth_user_id") != str(make.login_of(mary).pk)
    assert not Account.objects.filter(pk=make.login_of(mary).pk, is_staff=True).exists()

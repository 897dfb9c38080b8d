"""Would a mail that we promised to understand be understood? Invented ones are judged by the code that reads mail."""

from datetime import datetime, timedelta
from email.header import Header
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...inbound import addresses, judgement
from ...inbound.mailbox import InboundEmail
from ..control import control
from ..finding import Finding, broken, kept, not_shown

MONTH = timedelta(days=30)
SOMEBODY = "somebody.who.is.nobody@canary.invalid"


def judged(
    now: datetime, mailbox: str, subject: str, text: str = "", *, sender: str = SOMEBODY, envelope: str = "",
    **headers: str,
) -> dict[str, Any]:  # fmt: skip
    """What would happen to this mail, whose envelope names the sender too, or somebody else; nothing does."""
    lines = {"From": sender, "To": f"{mailbox}@{settings.MAIL_DOMAIN}", "Subject": subject, **headers}
    lines |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8"}
    raw = "\r\n".join([*(f"{name}: {value}" for name, value in lines.items()), "", text]).encode()
    return judgement.judge(raw, lines["To"], envelope or sender, now).explained()


def commands(now: datetime, wanted: str, mailbox: str, *subjects: str, text: str = "") -> Finding:
    """Every one of these subjects must mean this command."""
    wrong = sum(judged(now, mailbox, subject, text)["command"] != wanted for subject in subjects)
    if wrong:
        return broken(_("A mail that should switch something off is not understood."), wrong=wrong, tried=len(subjects))
    return kept(_("Tried now with invented mails: each is understood as what it asks for."), tried=len(subjects))


@control("mail-unsubscribe", gettext_lazy("Mail with UNSUBSCRIBE as its subject is understood, however it is written"))
def unsubscribe_is_understood(now: datetime) -> Finding:
    """CLG-01: any case, blanks, Re: and Fwd:, encoded."""
    encoded = Header("unsubscribe", "utf-8").encode()
    return commands(
        now, "unsubscribe", "remove", "UNSUBSCRIBE", "  unsubscribe ", "Re: Unsubscribe", "Fwd: UNSUBSCRIBE", encoded
    )


def _somebody_real() -> Any:
    """The newest customer with an address and a number; a mail in her name is judged and nothing is done."""
    rows = data_subjects.people().filter(erased_at=None).exclude(number="").order_by("-pk")[:20]
    return next((person for person in rows if person.email_addresses()), None)


NO_CUSTOMER = gettext_lazy("There is no customer yet in whose name a mail could be tried.")


@control("mail-third-party", gettext_lazy("Mail that says no to third parties is understood"))
def third_party_is_understood(now: datetime) -> Finding:
    """LRD-01, LRD-02: in a real customer's name, with her number; without a number a colleague looks."""
    person = _somebody_real()
    if person is None:
        return not_shown(str(NO_CUSTOMER))
    sender, number = person.email_addresses()[0], str(person.number)
    subjects = (
        "email no third party marketing",
        "Email No Third Party Marketing",
        "Re: email no third party marketing ",
    )
    found = [judged(now, "service", subject, number, sender=sender) for subject in subjects]
    wrong = sum((one["command"], one["customer"]) != ("stop_third_party", number) for one in found)
    wrong += judged(now, "service", subjects[0], "My name is Mary Smith.")["outcome"] == "act"
    if wrong:
        return broken(_("A mail that says no to third parties is not understood, or acted on too easily."), wrong=wrong)
    return kept(
        _("Tried now, without doing it: a mail that says no to third parties stops those alone."), tried=len(found)
    )


@control("mail-no-marketing", gettext_lazy("A mail with name and customer number is understood, from any address"))
def number_in_a_mail_is_understood(now: datetime) -> Finding:
    """LRD-03: with the name that fits it is acted on for her, with another never."""
    person = _somebody_real()
    if person is None:
        return not_shown(str(NO_CUSTOMER))
    number, subject = str(person.number), "UNSUBSCRIBE"
    right = judged(now, "service", subject, f"{person}, {person.display_name}, {number}")
    other = judged(now, "service", subject, f"Xanthippe Quillfeather, {number}")
    if right["customer"] != number or other["customer"] is not None:
        return broken(_("A mail with name and number is not understood, or another's number is enough."))
    return kept(_("Tried now, without doing it: name and number together are enough, a number alone is not."))


@control("mail-from-headers-alone", gettext_lazy("An address that is only named in a mail's text is never acted on"))
def only_the_sender_counts(now: datetime) -> Finding:
    """CLG-04."""
    found = judged(now, "remove", "UNSUBSCRIBE", "Please remove somebody.else@canary.invalid from your list.")
    if found["matched_by"] is not None or found["customer"] is not None:
        return broken(_("Somebody would be taken off the list whom the mail only names."))
    return kept(_("Tried now with an invented mail: whom the text only names is left as she is."))


@control("mail-who-is-meant", gettext_lazy("A mail finds its sender by any of her addresses, wherever it stands"))
def sender_is_found(now: datetime) -> Finding:
    """CLG-05: each address of a real customer in From, Reply-To and Return-Path alone; and by which real mail was."""
    silent = InboundEmail.objects.filter(received_at__gte=now - MONTH, matched_by="").exclude(data_subject=None).count()
    if silent:
        return broken(_("A mail was acted on, and it is not noted how its sender was found."), wrong=silent)
    person = _somebody_real()
    if person is None:
        return not_shown(str(NO_CUSTOMER))
    wrong, addresses_of_hers = 0, person.email_addresses()
    for address in addresses_of_hers:
        owners = {str(one.number) for one in data_subjects.by_email(address)}
        # Of several who share an address all are meant, and none by name.
        meant = owners if len(owners) == 1 else {"None"}
        rungs: dict[str, dict[str, str]] = {
            "from": {"sender": address}, "reply_to": {"Reply-To": address}, "return_path": {"envelope": address},
        }  # fmt: skip
        for rung, where in rungs.items():
            found = judged(now, "remove", "UNSUBSCRIBE", **where)
            wrong += found["matched_by"] != rung or str(found["customer"]) not in meant
    if wrong:
        return broken(_("A mail is not known to be its sender's by one of her addresses."), wrong=wrong)
    return kept(
        _("Tried now, without doing it: a customer is found by each of her addresses, wherever a mail names a sender."),
        tried=3 * len(addresses_of_hers),
    )


@control("mail-machines", gettext_lazy("Bounces and answers of machines get no answer"))
def machines_get_no_answer(now: datetime) -> Finding:
    """CLG-07."""
    found = judged(now, "remove", "Out of office", "I am away.", **{"Auto-Submitted": "auto-replied"})
    if found["outcome"] != "ignore" or addresses.may_be_answered(f"noreply@{SOMEBODY.partition('@')[2]}"):
        return broken(_("A machine would get an answer from our machine."))
    return kept(_("Tried now with an invented mail: what a machine wrote gets no answer."))


@control("mail-requests", gettext_lazy("A mail that asks for a right opens a request of the right kind"))
def requests_are_understood(now: datetime) -> Finding:
    """CNX-10, CLZ-20: in English and German."""
    asked = {
        "access": "Please send me a copy of all personal data that you hold about me.",
        "erasure": "Bitte löschen Sie alle meine personenbezogenen Daten.",
        "rectification": "Please correct my address, it is wrong.",
    }
    wrong = [kind for kind, text in asked.items() if kind not in judged(now, "privacy", "My data", text)["case_kinds"]]
    if wrong:
        return broken(_("A mail that asks for a right is not understood: %(what)s.") % {"what": ", ".join(wrong)})
    return kept(_("Tried now with invented mails: each would open the request that it asks for."), tried=len(asked))


@control("mail-addresses", gettext_lazy("Mail is taken at every address that we promised"))
def addresses_are_ours(now: datetime) -> Finding:
    """For unsubscribing, for questions, for complaints."""
    wanted = ("remove", "privacy", "datenschutz", "complaints", "service", "info")
    missing = [name for name in wanted if not addresses.recipient(f"{name}@{settings.MAIL_DOMAIN}").is_ours]
    if missing:
        return broken(_("No mail is taken for: %(what)s.") % {"what": ", ".join(missing)}, missing=len(missing))
    return kept(_("Mail is taken at every address that we promised."), addresses=len(wanted))

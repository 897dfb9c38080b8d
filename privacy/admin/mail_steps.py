"""What may be done with a mail: each step in plain words, who may take it, when it is offered, and its one verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import rights, roles
from ..inbound import commands, handling
from ..inbound.mailbox import InboundEmail
from ..jobs import Job
from ..roles import Act
from . import mail_words, people, words

Mail = InboundEmail
Said = dict[str, Any]


class MailForm(forms.Form):
    """Knows the mail, and whose it was when the colleague looked."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)

    def __init__(self, *args: Any, mail: Mail, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mail = mail
        self.fields["seen"].initial = str(mail.data_subject_id or "")
        self.adapt()

    def adapt(self) -> None:
        """Fits the fields to the mail."""


def _all_done() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("This is all that the email asks for. Take it off the list."), required=False, initial=True
    )


class CaseForm(MailForm):
    """Which right."""

    kind = forms.ChoiceField(label=gettext_lazy("What does the person ask for?"))
    is_all = _all_done()

    def adapt(self) -> None:
        """Begins with what was recognised."""
        self.fields["kind"].choices = rights.choices()  # type: ignore[attr-defined]
        self.fields["kind"].initial = next(iter(self.mail.case_kinds), "enquiry")


class CommandForm(MailForm):
    """What shall stop."""

    command = forms.ChoiceField(label=gettext_lazy("What does the person want?"), widget=forms.RadioSelect)
    is_all = _all_done()

    def adapt(self) -> None:
        """Begins with what was recognised."""
        choices = [(entry.name, entry.label) for entry in commands.REGISTER.values()]
        self.fields["command"].choices = choices  # type: ignore[attr-defined]
        self.fields["command"].initial = self.mail.command


class DismissForm(MailForm):
    """Why nothing more is to be done."""

    why = forms.ChoiceField(
        label=gettext_lazy("Why?"), choices=Mail.Closing.choices, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say why.")},
    )  # fmt: skip


@dataclass(frozen=True)
class MailStep:
    """One button; `warns` says in sentences what it will do for the person, before it is done."""

    name: str
    label: str | Promise
    explanation: str | Promise
    act: Act
    run: Callable[[Mail, Any, Said], Any]
    offered: Callable[[Mail], bool]
    form: type[MailForm] = MailForm
    tone: str = "quiet"
    warns: Callable[[Mail, Said], list[str]] | None = None

    def is_open_to(self, account: Any, mail: Mail) -> bool:
        """Whether this person may take it now."""
        return roles.may(account, self.act) and self.offered(mail)


def _can_act(mail: Mail) -> bool:
    return mail.waits and mail.data_subject_id is not None


def _whose(mail: Mail) -> str:
    person: Any = mail.data_subject
    return f"{person} {people.masked(person.display_name)}"


def _warns_of_case(mail: Mail, said: Said) -> list[str]:
    return [
        _("A request is opened for %(who)s: %(what)s.") % {"who": _whose(mail), "what": mail_words.kind(said["kind"])},
        _("The clock starts on the day the email came: %(day)s.") % {"day": words.moment(mail.received_at)},
        _("The person gets a letter with its number. Who is asking is still to be confirmed."),
        _("If such a request is open already, the email is added to it instead."),
    ]


def _warns_of_command(mail: Mail, said: Said) -> list[str]:
    what = mail_words.command(said["command"])
    has_address = mail.data_subject is not None and bool(mail.data_subject.contact_email)
    receipt = _("A receipt goes to the address that we have for this person, with a link to take it back.")
    return [
        _("Switched off for %(who)s: %(what)s.") % {"who": _whose(mail), "what": what},
        _("It counts from the moment the email came: %(when)s.") % {"when": words.moment(mail.received_at)},
        receipt if has_address else _("We have no email address of this person, so nobody gets a receipt."),
    ]


STEPS: list[MailStep] = [
    MailStep(
        "open_case", gettext_lazy("Open a request"),
        gettext_lazy("A request of this person, with the day and the words of the email."),
        Act.HANDLE,
        lambda mail, who, said: handling.open_case(
            mail, said["kind"], actor=who, seen=said["seen"], is_all=said["is_all"]
        ),
        _can_act, CaseForm, "main", _warns_of_case,
    ),
    MailStep(
        "apply", gettext_lazy("Switch something off"),
        gettext_lazy("Advertising or sharing ends for this person. Nothing can be switched on here."),
        Act.SWITCH_OFF,
        lambda mail, who, said: handling.apply(
            mail, said["command"], actor=who, seen=said["seen"], is_all=said["is_all"]
        ),
        _can_act, CommandForm, "main", _warns_of_command,
    ),
    MailStep(
        "again", gettext_lazy("Let the machine try again"),
        gettext_lazy("Worth it when something was broken that works now. It tries three more times."),
        Act.HANDLE, lambda mail, who, _said: handling.read_again(mail, actor=who),
        lambda mail: mail.job_state == Job.State.NEEDS_ATTENTION,
    ),
    MailStep(
        "dismiss", gettext_lazy("Take it off the list"),
        gettext_lazy("Nothing is switched off and nobody gets a letter. You can put it back."),
        Act.HANDLE, lambda mail, who, said: handling.dismiss(mail, said["why"], actor=who),
        lambda mail: mail.waits, DismissForm,
    ),
    MailStep(
        "reopen", gettext_lazy("Put it back on the list"),
        gettext_lazy("It waits for a colleague again. What was done stays done."),
        Act.HANDLE, lambda mail, who, _said: handling.reopen(mail, actor=who),
        lambda mail: not mail.waits and mail.job_state == Job.State.DONE,
    ),
    MailStep(
        "link_back", gettext_lazy("Undo the last change of person"),
        gettext_lazy("The email is linked as it was before."),
        Act.HANDLE, lambda mail, who, said: handling.link_back(mail, actor=who, seen=said["seen"]),
        lambda mail: mail.waits and handling.linked_before(mail) is not None,
    ),
]  # fmt: skip


def named(name: str) -> MailStep | None:
    """The step of this name."""
    return next((step for step in STEPS if step.name == name), None)

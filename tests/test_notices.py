"""What we write to people: durable, once, and never a forged header."""

import email.policy
from email import message_from_bytes

import pytest
from django.conf import settings
from django.core import mail

from privacy import jobs
from privacy.notices import OutgoingEmail
from tests import make

pytestmark = pytest.mark.django_db


def send(**values):
    customer = values.pop("customer", None) or make.customer()
    case = make.case(customer)
    return make.written(
        "case_completed",
        customer.contact_email,
        key=values.pop("key", "k"),
        data_subject=customer,
        context={"case": case},
        **values,
    )


def delivered(row):
    jobs.work("privacy.outgoingemail", row.pk)
    return message_from_bytes(mail.outbox[-1].message().as_bytes(), policy=email.policy.default)


def test_the_same_key_is_one_letter():
    assert send() == send()


def test_a_letter_has_two_forms_the_contact_card_and_marks_itself_as_automatic():
    message = delivered(send())
    assert message["Auto-Submitted"] == "auto-replied"
    assert {part.get_content_type() for part in message.iter_parts()} == {"text/plain", "text/html"}
    text = message.get_body(("plain",)).get_content()
    for line in ("name", "postal_address", "phone", "phone_hours", "data_protection_officer"):
        assert settings.SHOP[line] in text


def test_each_try_has_the_same_message_id():
    row = send()
    assert delivered(row)["Message-ID"] == row.message_id


def test_a_name_cannot_forge_a_header_nor_a_tag():
    nasty = make.customer(display_name="Eve\r\nBcc: all@example.com <script>alert(1)</script>")
    message = delivered(send(customer=nasty))
    assert message["Bcc"] is None
    assert "<script>" not in message.get_body(("html",)).get_content()


def test_the_last_letter_to_somebody_erased_is_forgotten_when_it_is_out():
    row = send(forget_when_sent=True)
    jobs.work("privacy.outgoingemail", row.pk)
    assert len(mail.outbox) == 1
    assert not OutgoingEmail.objects.filter(pk=row.pk).exists()


def test_a_mail_server_that_is_down_loses_nothing(monkeypatch):
    row = send()

    def refuse(self, *args, **kwargs):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        jobs.work("privacy.outgoingemail", row.pk)
    row.refresh_from_db()
    assert (row.job_state, row.last_error) == ("new", "ConnectionRefusedError")

"""What does a notice say? The same as a letter and as JSON: what happened, what to do, by what to find the person."""

import json
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import notices
from .notice import RECORD, Change, RecipientNotice

LAW = {
    Change.RECTIFICATION: "Art. 16, 19",
    Change.ERASURE: "Art. 17, 19",
    Change.RESTRICTION: "Art. 18, 19",
    Change.LIFTING: "Art. 18, 19",
}
WHAT_TO_DO = {
    Change.RECTIFICATION: _("Please correct what you hold, as said below."),
    Change.ERASURE: _("Please delete what you got from us about this person, and all copies of it."),
    Change.RESTRICTION: _(
        "Please keep what you got from us about this person, but do not use it until we write again."
    ),
    Change.LIFTING: _("What you got from us about this person may be used again, for what it was given for."),
}
WITH_ONE_RECORD = {
    Change.RESTRICTION: _(
        "Please keep what you got from us out of the record named below, but do not use it: "
        "we write again when that record may be used."
    ),
    Change.LIFTING: _("What you got from us out of the record named below may be used again, for what it was for."),
}


def what_to_do(notice: RecipientNotice) -> Any:
    """In words; about one record where one is named."""
    change = Change(notice.change)
    is_of_one = any(name == RECORD for name, _value in notice.known_by)
    return WITH_ONE_RECORD.get(change, WHAT_TO_DO[change]) if is_of_one else WHAT_TO_DO[change]


def as_json(notice: RecipientNotice, *, is_reminder: bool) -> bytes:
    """The body of the webhook; docs/recipient-webhooks.md describes it."""
    content = {
        "id": f"notice-{notice.pk}",
        "type": notice.change,
        "shop": settings.SHOP["name"],
        "law": LAW[Change(notice.change)],
        "what_to_do": str(what_to_do(notice)),
        "received": {"fields": notice.fields, "first_on": str(notice.first_on), "last_on": str(notice.last_on)},
        "person": [{"is": name, "value": value} for name, value in notice.known_by],
        "is_reminder": is_reminder,
        "answer_by": str(notice.answer_by),
        "answer_at": notice.link,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def as_email(notice: RecipientNotice, *, key: str, is_reminder: bool) -> EmailMultiAlternatives:
    """The letter; its Message-ID is the same at every try."""
    subject, body, html = notices.render("recipient_notice", _context(notice, is_reminder))
    headers = {
        "Message-ID": f"<{key}@{settings.MAIL_DOMAIN}>",
        "Date": format_datetime(timezone.localtime(notice.created_at if not is_reminder else timezone.now())),
    }
    message = EmailMultiAlternatives(subject, body, to=[notice.recipient.notice_email], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def _context(notice: RecipientNotice, is_reminder: bool) -> dict[str, Any]:
    change = Change(notice.change)
    return {
        "notice": notice, "number": f"notice-{notice.pk}", "is_reminder": is_reminder, "law": LAW[change],
        "what_to_do": what_to_do(notice),
    }  # fmt: skip

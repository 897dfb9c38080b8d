"""Where does somebody without an account follow a request, and what did we write about it?"""

import re
from typing import Any

from django.conf import settings

from .. import tokens
from ..fields import correspondent_hash
from ..notices import OutgoingEmail
from . import representing
from .case import DataSubjectRequest

KIND = "case"


def link(case: DataSubjectRequest) -> str:
    """The page of this request for whoever gets its letters: in her account, or behind a link of her own."""
    address, acting = representing.addressee(case)
    if acting is None and case.data_subject.account:
        return f"{settings.SITE_URL}/account/requests/{case.reference}/"
    about = f"{case.pk}:{address}:{acting.pk if acting else ''}"
    details: dict[str, Any] = {
        "case": case.pk,
        "to": correspondent_hash(address),
        "acting": acting.pk if acting else None,
    }
    token = tokens.lasting(KIND, case.data_subject, about, **details)
    return f"{settings.SITE_URL}/requests/follow/{token}/"


def by_link(token: str) -> tuple[DataSubjectRequest, str] | None:
    """The request behind a link and the address it was mailed to; None once that is not where its letters go."""
    found = tokens.find(KIND, token)
    if found is None:
        return None
    rows = DataSubjectRequest.objects.select_related("data_subject", "merged_into")
    case = rows.filter(pk=found.details["case"], data_subject=found.data_subject).first()
    if case is None:
        return None
    address, acting = representing.addressee(case)
    same = (acting.pk if acting else None) == found.details["acting"]
    hers = [address] if acting else case.data_subject.email_addresses()
    to = next((one for one in hers if correspondent_hash(one) == found.details["to"]), "")
    return (case, to) if same and to else None


def letters(case: DataSubjectRequest, to_address: str = "") -> list[Any]:
    """What we wrote about this request, oldest first; only what went to this address, if one is given."""
    mine = OutgoingEmail.objects.filter(data_subject=case.data_subject, key__contains=f"-{case.pk}")
    mine = mine.filter(to_address=to_address) if to_address else mine
    about = [row for row in mine.order_by("created_at", "pk") if _is_about(row, case)]
    return [{"row": row, "text": bytes(row.body).decode(errors="replace")} for row in about]


def _is_about(row: OutgoingEmail, case: DataSubjectRequest) -> bool:
    beginning = "case_|complaint_"
    is_ours = re.match(beginning, row.template) is not None
    return is_ours and re.fullmatch(rf"{re.escape(row.template)}-{case.pk}(-\d+)?", row.key) is not None

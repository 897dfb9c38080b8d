"""Version 1 of our letters: the words a new shop begins with, until its privacy officer writes better ones."""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .version import USUAL, LetterVersion

Text = str | Promise
BY = "system:seeds"
# Whatever day it is: the day from which the law wants such letters.
SINCE = date(2018, 5, 25)
NEXT: dict[str, Text] = {
    "us": _(
        "If you do not agree, you can complain to us: write to {shop_email} or call {shop_phone}, and say the number "
        "{reference}. We then look at it again."
    ),
    "regulator": _("You can also complain about us to {regulator}, at any time. It costs nothing."),
    "courts": _("And you can always go to court."),
}
AFTER_A_COMPLAINT: dict[str, Text] = {
    "regulator": _("You can complain about us to {regulator} at any time. It costs nothing."),
    "mediation": _(
        "{mediator} can mediate between you and us. It costs you nothing and takes 45 days at most. It needs the "
        "number and the day of your order or payment; if you have not told us yet, write to us. If mediation does "
        "not help, you can ask for arbitration there."
    ),
    "courts": _("Nothing of this takes away your right to go to court, at any time."),
}
# Of a refusal the name is that of its reason, so that choosing the words chooses the reason too.
REFUSALS: dict[str, tuple[Text, Text]] = {
    USUAL: (_("Without reasons yet"), ""),
    "no_match": (
        _("We hold nothing about the person"),
        _("We looked for you in everything we keep, with the details you gave us, and found nothing about you. If you "
          "used another name, email address or customer number with us, tell us, and we look again."),
    ),
    "insuf_verification": (
        _("It was not shown who is asking"),
        _("We asked you to show that it is really you, and we could not make sure. We do not hand out, change or "
          "delete somebody's data for a person we cannot recognise. Sign in or write to us, and we begin at once."),
    ),
    "suspected_fraud": (
        _("Somebody else seems to have asked"),
        _("We have reason to think that it was not you who asked, so we did nothing. If it was you, call us, and we "
          "begin at once."),
    ),
    "claim_not_covered": (
        _("The law does not give this here"),
        _("The law does not give this right for the data you named, because {gap}."),
    ),
    "outside_jurisdiction": (
        _("Another country's law"),
        _("You named a law that does not hold for you and us: neither do you live where it holds, nor do we work "
          "there. If you think that this is wrong, tell us where you live."),
    ),
    "too_many_requests": (
        _("The same, again and again"),
        _("You asked us for the same thing several times within a short time, and we answered it each time. Nothing "
          "has changed since. The law lets us say no when the same is asked again so soon."),
    ),
    "manifestly_unfounded": (
        _("Plainly not meant as a request"),
        _("What you wrote shows that this request is not about your data, because {gap}."),
    ),
}  # fmt: skip
SINGLE: dict[str, tuple[str, Text, Text]] = {
    "extension": (USUAL, _("Much has to be looked through"), _(
        "You asked for a lot, and it lies in many places. We have to look through all of it carefully, and that takes "
        "us longer than usual.")),
    "id_asked": (USUAL, _("Usual words"), _(
        "We hold data that only you should see, and we are not sure yet that it is you who wrote. Please call us at "
        "{shop_phone}, or write to us from the email address that you used with us before. Do not send us a copy of "
        "your passport or identity card.")),
    "clarification_asked": (USUAL, _("Usual words"), _(
        "You asked us for “{right}”. To find the right things, we would like to know more: which order, which time or "
        "which of our services do you mean? If you mean everything, just say so.")),
    "progress": (USUAL, _("We are still looking"), _(
        "Your complaint {reference} is not forgotten. We are still looking into it, and you will have our answer by "
        "{due_on}.")),
    "rectification": (USUAL, _("It is put right"), _(
        "We have put it right. Those to whom we gave the wrong detail are told as well.")),
    "answer": (USUAL, _("Usual words"), _("You asked us something, number {reference}. This is our answer: {gap}")),
}  # fmt: skip
FEE = {
    "fee": _("Before we go on, we ask you for {amount}. That is what the work costs us, and no more. We write to you "
             "how you can pay. If you do not want to pay, tell us, and you owe us nothing."),
}  # fmt: skip


def first_words() -> Iterator[tuple[str, str, Text, dict[str, Text]]]:
    """Kind, name, title and blocks of every letter we begin with."""
    for name, (title, reasons) in REFUSALS.items():
        yield "refusal", name, title, {"reasons": reasons, **NEXT}
    yield "complaint_outcome", USUAL, _("Usual words"), {"text": "", **AFTER_A_COMPLAINT}
    for kind, (name, title, text) in SINGLE.items():
        yield kind, name, title, {"text": text}
    yield "fee", USUAL, _("Usual words"), {"reasons": "", **FEE, **NEXT}


def seed() -> None:
    """Adds the letters that are missing, in every language of the shop; what staff wrote stays."""
    # After a migration backwards there is no table.
    if LetterVersion._meta.db_table not in connection.introspection.table_names():
        return
    there = set(LetterVersion.objects.values_list("kind", "slug", "language"))
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for kind, slug, title, blocks in first_words():
                if (kind, slug, language) not in there:
                    LetterVersion.objects.create(
                        kind=kind, slug=slug, title=str(title), language=language, version=1,
                        blocks={name: str(text) for name, text in blocks.items()},
                        in_force_on=SINCE, written_by=BY,
                    )  # fmt: skip

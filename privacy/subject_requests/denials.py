"""Why may we say no? The reasons of the Data Rights Protocol and one of Art. 12(5), as data with their law.

The protocol (0.9, status "denied") knows all of these but the manifestly unfounded request, which it calls "other".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import rights

Text = str | Promise


@dataclass(frozen=True)
class Denial:
    """One reason: what colleagues and the person read, the law, for which kinds, and whether two people must agree.

    `laws` names the kinds it may be used for where not every right can be refused for it.
    """

    code: str
    label: Text
    to_person: Text
    law: str = ""
    laws: Mapping[str, str] = field(default_factory=dict)
    protocol: str = ""
    needs_two_people: bool = False
    needs_an_earlier_request: bool = False
    is_offered: bool = True

    @property
    def protocol_code(self) -> str:
        """What the Data Rights Protocol calls it."""
        return self.protocol or self.code

    def is_for(self, kind: str) -> bool:
        """Whether a request of this kind may be refused for it."""
        return self.is_offered and rights.REGISTER[kind].can_be_refused and (not self.laws or kind in self.laws)

    def law_for(self, kind: str) -> str:
        """The article it stands on for this kind."""
        return self.laws.get(kind, self.law)


DENIALS: dict[str, Denial] = {
    denial.code: denial
    for denial in (
        Denial(
            "suspected_fraud", _("We believe that somebody else is asking"),
            _("We have reason to think that it was not you who asked."), "GDPR Art. 5(1)(f), 12(6)",
        ),
        Denial(
            "insuf_verification", _("It was not shown who is asking"),
            _("We could not make sure that it was you who asked."), "GDPR Art. 12(2), 12(6)",
        ),
        Denial(
            "no_match", _("We hold nothing about the person"),
            _("We looked and found nothing about you."), "GDPR Art. 11(2)",
        ),
        Denial(
            "claim_not_covered", _("The law does not give this right here"),
            _("The law does not give this right for what you asked."),
            laws={
                "access": "GDPR Art. 15(4)", "agency_details": "GDPR Art. 15(1)(c)", "rectification": "GDPR Art. 16",
                "erasure": "GDPR Art. 17(1), 17(3)", "restriction": "GDPR Art. 18(1)",
                "portability": "GDPR Art. 20(1), 20(4)", "human_review": "GDPR Art. 22(1)",
            },
        ),
        Denial(
            "outside_jurisdiction", _("The law named does not hold for the person and us"),
            _("You named a law that does not hold for you and us."), "GDPR Art. 3",
        ),
        Denial(
            "too_many_requests", _("Excessive: the same again and again"),
            _("You asked for the same thing too often within a short time."), "GDPR Art. 12(5)(b)",
            needs_two_people=True, needs_an_earlier_request=True,
        ),
        Denial(
            "manifestly_unfounded", _("Manifestly unfounded: plainly not meant as a request"),
            _("What you wrote shows that it was not really about your data."), "GDPR Art. 12(5)(b)",
            protocol="other", needs_two_people=True,
        ),
        Denial("other", _("Another reason, which the letter names"), _("The reason stands in our letter."),
               "GDPR Art. 12(4)"),
        Denial("not_recorded", _("Not recorded"), _("The reason stands in our letter."), protocol="other",
               is_offered=False),
    )
}  # fmt: skip

# Art. 12(5): for these, two people must agree to a refusal or a fee.
NEEDS_TWO = [denial.code for denial in DENIALS.values() if denial.needs_two_people]


def choices() -> list[tuple[str, Text]]:
    """For the model's field; read at run time."""
    return [(denial.code, denial.label) for denial in DENIALS.values()]


def for_kind(kind: str, *, two_people: bool) -> list[Denial]:
    """The reasons for which a request of this kind may be refused, by one person or by two."""
    return [one for one in DENIALS.values() if one.is_for(kind) and one.needs_two_people == two_people]

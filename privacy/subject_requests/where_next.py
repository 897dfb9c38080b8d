"""Where a complainant may go who is not content: three blocks, without which no outcome letter leaves (SFB-07, 11)."""

from dataclasses import astuple, dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from .complaint import mediator


@dataclass(frozen=True)
class WhereNext:
    """The regulator, the mediation at no charge, the courts that are never closed."""

    regulator: str
    mediation: str
    courts: str

    def text(self) -> str:
        """The three as they stand in the letter."""
        return "\n\n".join(part.strip() for part in astuple(self))

    def lacks(self) -> str:
        """One line on what is missing; empty when nothing is."""
        if name_of(settings.SHOP["regulator"]) not in self.regulator:
            return _("The letter must name the regulator: %(name)s.") % {"name": name_of(settings.SHOP["regulator"])}
        if name_of(mediator()) not in self.mediation:
            return _("The letter must name the mediation at no charge: %(name)s.") % {"name": name_of(mediator())}
        return "" if self.courts.strip() else _("The letter must say that the courts stay open to the person.")


def usual() -> WhereNext:
    """The blocks as we write them unless a colleague has better words."""
    shop = settings.SHOP
    return WhereNext(
        regulator=_("You can complain about us to %(regulator)s at any time. It costs nothing.")
        % {"regulator": shop["regulator"]},
        mediation=_(
            "%(mediator)s can mediate between you and us. It costs you nothing and takes 45 days at most. It needs the "
            "number and the day of your order or payment; if you have not told us yet, write to us. If mediation does "
            "not help, you can ask for arbitration there."
        )
        % {"mediator": mediator()},
        courts=_("Nothing of this takes away your right to go to court, at any time."),
    )


def name_of(body: str) -> str:
    """Such as "Information Commissioner's Office" of the setting that also has its address."""
    return str(body).partition(",")[0].strip()

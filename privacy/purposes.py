"""What do we use data for, and may a person say no to it? Rows that staff add to without code."""

from django.db import models

from .personal_data import NoPersonalData
from .vocabulary import LawfulBasis
from .vocabulary import Purpose as BuiltIn

BASES = {
    BuiltIn.ORDER: LawfulBasis.CONTRACT,
    BuiltIn.SERVICE: LawfulBasis.CONTRACT,
    BuiltIn.CREDIT_CHECK: LawfulBasis.LEGITIMATE_INTERESTS,
    BuiltIn.FRAUD_PREVENTION: LawfulBasis.LEGITIMATE_INTERESTS,
    BuiltIn.SECURITY: LawfulBasis.LEGITIMATE_INTERESTS,
    BuiltIn.LEGAL_DUTY: LawfulBasis.LEGAL_OBLIGATION,
    BuiltIn.PRIVACY_RIGHTS: LawfulBasis.LEGAL_OBLIGATION,
}


class Purpose(models.Model):
    """One purpose with its lawful basis (GDPR Art. 5(1)(b), 6)."""

    personal_data = NoPersonalData("Describes processing, not people.")

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=120)
    explanation = models.TextField(blank=True, help_text="In words a 14-year-old understands.")
    lawful_basis = models.CharField(max_length=30, choices=LawfulBasis)
    can_be_refused = models.BooleanField(default=True, help_text="May a person switch this off?")
    is_built_in = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


def seed() -> None:
    """Adds the built-in purposes that are missing; what staff changed stays."""
    for slug in BuiltIn:
        basis = BASES.get(slug, LawfulBasis.CONSENT)
        refusable = basis in (LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTERESTS)
        Purpose.objects.get_or_create(
            slug=slug.value,
            defaults={
                "label": str(slug.label),
                "lawful_basis": basis,
                "can_be_refused": refusable,
                "is_built_in": True,
            },
        )

"""The words everything else is written in: categories, bases, purposes, channels, decisions, sources."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Category(TextChoices):
    """What kind of data it is, as a person would sort it."""

    IDENTITY = "identity", _("About you")
    CONTACT = "contact", _("How to reach you")
    ACCOUNT = "account", _("Your login")
    TRANSACTION = "orders", _("Your orders")
    PAYMENT = "payment", _("Payments")
    CREDIT = "credit", _("Credit checks")
    MARKETING = "marketing", _("Newsletters and offers")
    PARTICIPATION = "participation", _("Contests, prize draws and votes")
    BEHAVIOUR = "browsing", _("What you looked at")
    CORRESPONDENCE = "messages", _("Messages and chats")
    CHOICES = "choices", _("Your choices")
    PRIVACY_REQUEST = "requests", _("Your privacy requests")
    SECURITY = "security", _("Security records")
    FRAUD = "fraud", _("Suspected misuse")
    SPECIAL = "sensitive", _("Sensitive information")


class LawfulBasis(TextChoices):
    """GDPR Art. 6(1), letters a to f."""

    CONSENT = "consent", _("you said yes")
    CONTRACT = "contract", _("needed for your order")
    LEGAL_OBLIGATION = "legal_obligation", _("the law requires it")
    VITAL_INTERESTS = "vital_interests", _("to protect somebody's life")
    PUBLIC_TASK = "public_task", _("a public task")
    LEGITIMATE_INTERESTS = "legitimate_interests", _("needed to run the shop, weighed against your interests")


class Purpose(TextChoices):
    """The built-in purposes; staff add more as rows of `purposes.Purpose`."""

    ORDER = "order", _("To process and deliver your orders")
    SERVICE = "service", _("To answer you and give good service")
    MARKETING = "marketing", _("To tell you about offers, sales and promotions")
    PARTNER_OFFERS = "partner_offers", _("To send you offers of other companies")
    PROFILING = "profiling", _("To choose what to show you from what you bought and looked at")
    SHARING = "sharing", _("To pass details on to another company")
    FURTHER_USE = "further_use", _("To use your details further within our group of companies")
    TRANSFER = "transfer", _("To send details outside the European Economic Area")
    CONTEST = "contest", _("To run contests, prize draws and votes")
    CREDIT_CHECK = "credit_check", _("To check that an order on account will be paid")
    FRAUD_PREVENTION = "fraud_prevention", _("To prevent fraud and misuse")
    LEGAL_DUTY = "legal_duty", _("To keep the books that the law demands")
    PRIVACY_RIGHTS = "privacy_rights", _("To carry out your privacy rights and prove it")
    SECURITY = "security", _("To keep accounts and systems secure")
    POLICY_NEWS = "policy_news", _("To tell you when our privacy policy changes")
    HEALTH_FIT = "health_fit", _("To advise you on fit when a health matter plays a part")


# Whoever says no to the wider thing has not said yes to the narrower; doubt goes towards privacy.
CONTAINED_IN: dict[str, set[Purpose]] = {
    Purpose.SHARING: {Purpose.FURTHER_USE, Purpose.TRANSFER, Purpose.PARTNER_OFFERS},
    Purpose.PARTNER_OFFERS: {Purpose.SHARING, Purpose.FURTHER_USE, Purpose.TRANSFER},
    Purpose.MARKETING: {Purpose.FURTHER_USE},
    Purpose.PROFILING: {Purpose.FURTHER_USE},
}


class Channel(TextChoices):
    """The roads on which a shop may speak to a person; each is a separate choice (PECR)."""

    EMAIL = "email", _("email")
    SMS = "sms", _("text message")
    PHONE = "phone", _("phone")
    POST = "post", _("post")


class Sender(TextChoices):
    """Whose advertising it is: the shop's own, or another company's."""

    OWN = "own", _("from us")
    THIRD_PARTY = "third_party", _("from other companies")


class Occasion(TextChoices):
    """When did we get the details that somebody is reached by? It decides what they may be used for (PECR reg. 22)."""

    SALE = "sale", _("in a sale")
    NEGOTIATION = "negotiation", _("when she asked about a purchase, such as a price")
    CONTEST = "contest", _("in a contest, draw or vote")
    OTHER = "other", _("elsewhere")
    SUPPLIER = "supplier", _("from another company's list")


class Decision(TextChoices):
    """What the person decided; an absent entry means the purpose's default, which is no."""

    GRANTED = "granted", _("yes")
    WITHDRAWN = "withdrawn", _("no")


# How the site or form of a customer begins who came with another company's list; behind it stands whose (MAD-05).
FROM_A_LIST = "list of "


class Source(TextChoices):
    """The road by which a decision or request came in; all count the same."""

    WEB = "web", _("website")
    ONE_CLICK = "one_click", _("unsubscribe link")
    EMAIL = "email", _("email")
    LETTER = "letter", _("letter")
    PHONE = "phone", _("phone call")
    FAX = "fax", _("fax")
    STORE = "store", _("in the shop")
    IMPORT = "import", _("import")
    WEBHOOK = "webhook", _("mailing service")
    POLICY_ACCEPTANCE = "policy_acceptance", _("accepting the privacy policy")

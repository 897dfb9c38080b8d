"""What other apps' tables hold about people: said here, once, because their classes cannot say it."""

from django.db.models import Q

from privacy.personal_data import Delete, NoPersonalData, PersonalData, Retention, Unconfirmed
from privacy.vocabulary import Category, LawfulBasis, Purpose

# A login of nobody: whoever signed up is joined to a customer, and signed in, only once the address is proven.
NEVER_VERIFIED = Unconfirmed(
    Q(user__customer=None, user__is_staff=False, user__last_login=None) & ~Q(user__emailaddress__verified=True),
    Retention(since="user__date_joined", days=7),
)
OF_INACTIVE = Retention(since="user__customer__last_active_at", years=3)


def login(
    data_subject: str,
    fields: tuple[str, ...],
    *,
    not_personal: tuple[str, ...],
    secret: tuple[str, ...] = (),
    retention: Retention = OF_INACTIVE,
    unconfirmed: Unconfirmed | None = None,
) -> PersonalData:
    """What a table of the sign-in library holds; it goes with the login."""
    return PersonalData(
        data_subject=data_subject,
        category=Category.ACCOUNT,
        purpose=Purpose.SECURITY,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=retention,
        unconfirmed=unconfirmed,
        erase=Delete(),
        fields=fields,
        not_personal=not_personal,
        secret=secret,
    )


DECLARATIONS: dict[str, PersonalData | NoPersonalData] = {
    "admin.LogEntry": PersonalData(
        data_subject=None,
        category=Category.SECURITY,
        purpose=Purpose.SECURITY,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="action_time", years=1),
        erase=Delete(),
        fields=("user", "action_time", "object_id", "object_repr", "change_message"),
        not_personal=("content_type", "action_flag"),
    ),
    "auth.Permission": NoPersonalData("Names of rights."),
    "auth.Group": NoPersonalData("Names of roles."),
    "auth.Group_permissions": NoPersonalData("Which role has which right."),
    "customers.Account_groups": NoPersonalData("Roles of staff accounts; customers have none."),
    "customers.Account_user_permissions": NoPersonalData("Rights of staff accounts; customers have none."),
    "contenttypes.ContentType": NoPersonalData("Names of tables."),
    "account.EmailAddress": login(
        "user__customer", ("email", "verified", "primary"), not_personal=("user",), unconfirmed=NEVER_VERIFIED
    ),
    "account.EmailConfirmation": login(
        "email_address__user__customer",
        ("key", "created", "sent"),
        secret=("key",),
        not_personal=("email_address",),
        retention=Retention(since="created", days=7),
    ),
    "mfa.Authenticator": login(
        "user__customer", ("type", "data", "created_at", "last_used_at"), secret=("data",), not_personal=("user",)
    ),
}

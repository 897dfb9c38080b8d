"""What did they buy at Northlight, and how was it paid? Shoes, clothes and things for the home."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models

from customers.models import CreditCheck, Customer, Order, OrderLine, PaymentReference
from privacy.recipients import Disclosure, Recipient

from .people import PLAIN_LIVES, Person

ARTICLES = (
    ("Winter boots Fjell", "89.90"), ("Canvas shoes Dune", "44.50"), ("Sandals Ria", "39.00"),
    ("Wool coat Nordlys", "159.00"), ("Rain jacket Skerry", "74.95"), ("Linen shirt Tern", "34.90"),
    ("Jeans Ashby, straight", "49.90"), ("Merino jumper Lamb", "62.00"), ("Children's wellies Puddle", "18.50"),
    ("Desk lamp Perch", "45.00"), ("Wool blanket Hearth", "79.00"), ("Oak side table", "129.00"),
    ("Set of six mugs Moor", "27.60"), ("Doormat Welcome In", "16.90"), ("Armchair Burrow, green", "389.00"),
)  # fmt: skip
GIFTS = ("Happy birthday from all of us!", "Alles Gute!", "Χρόνια πολλά!", "お誕生日おめでとう！", "कृपया दरवाज़े पर छोड़ें")
EMBROIDERY = ("Oma", "J. & M.", "Σοφία", "小雨", "Team Otter")
LOGIC = (
    "The agency gave a score from 0 to 1000 from your address and how earlier invoices were paid. "
    "Above 350 we deliver on account; below it we ask for payment first."
)
CROWD = 200
# Days; a year is the longest that a score is kept.
SCORES_STAY = 300
SHOP_NETWORKS = ("198.51.100.", "203.0.113.", "192.0.2.")


def rows(person: Person, customer: Customer, recipients: dict[str, Recipient]) -> Iterator[models.Model]:
    """This person's orders with lines, payments, credit checks and hand-overs to the carrier; parents first."""
    for place in range(_how_many(person)):
        order = _order(person, customer, place)
        yield order
        yield from _lines(person, order)
        yield from _payment(person, order)
        if person.index < CROWD:
            yield from _hand_overs(person, order, recipients)


def _how_many(person: Person) -> int:
    if person.index >= CROWD:
        return person.luck.choices((0, 1, 2), (45, 45, 10))[0]
    return 2 if person.index < PLAIN_LIVES else person.luck.choices((0, 1, 2, 4, 9), (15, 35, 30, 15, 5))[0]


def _order(person: Person, customer: Customer, place: int) -> Order:
    luck = person.luck
    address = f"{person.display_name}\n{person.written_address()}"
    is_gift = person.index < CROWD and luck.random() < 0.1
    placed_on = _placed_on(person)
    return Order(
        number=f"N{placed_on:%y}-{person.index:07}-{place + 1}",
        customer=customer,
        placed_on=placed_on,
        state=_state(person, placed_on),
        total=Decimal(0),
        currency=person.land["currency"],
        bill_to=address,
        ship_to=address,
        gift_message=luck.choice(GIFTS) if is_gift else "",
        ip_address=f"{luck.choice(SHOP_NETWORKS)}0",
        on_account=_pays_later(person),
    )


def _pays_later(person: Person) -> bool:
    """Of whom a score is asked before anything is sent (CNX-16)."""
    return person.index < CROWD and person.index % 9 == 4


def _placed_on(person: Person) -> date:
    """Since they joined; one in thirty before that, in the shop's earlier books, which are past their six years."""
    if person.index > PLAIN_LIVES and person.luck.random() < 0.03:
        return person.today - timedelta(days=2200 + person.luck.randrange(300))
    return person.since(person.joined_at, least=0).date()


def _state(person: Person, placed_on: date) -> str:
    age = (person.today - placed_on).days
    if person.luck.random() < 0.05:
        return Order.State.CANCELLED
    return Order.State.PLACED if age < 2 else Order.State.SHIPPED if age < 6 else Order.State.COMPLETED


def _lines(person: Person, order: Order) -> Iterator[OrderLine]:
    count = 1 if person.index >= CROWD else person.luck.randrange(1, 4)
    for article, price in person.luck.sample(ARTICLES, count):
        line = OrderLine(order=order, article=article, quantity=1, price=Decimal(price))
        if person.index < CROWD and person.luck.random() < 0.08:
            line.personalisation = person.luck.choice(EMBROIDERY)
        order.total += line.price
        yield line


def _payment(person: Person, order: Order) -> Iterator[PaymentReference]:
    """Only of orders under way: a reference goes as soon as the order is completed (MAD-16)."""
    if order.state in (Order.State.PLACED, Order.State.SHIPPED):
        token = f"tok_{person.index:07}_{order.number[-1]}"
        yield PaymentReference(order=order, provider="Larch Pay", token=token, last_four=person.filled("####"))


def _hand_overs(person: Person, order: Order, recipients: dict[str, Recipient]) -> Iterator[models.Model]:
    at = person.since(person.joined_at)
    if order.state in (Order.State.SHIPPED, Order.State.COMPLETED):
        yield Disclosure(
            data_subject=order.customer, recipient=recipients["Swiftgull Parcels"], occurred_at=at,
            fields=["name", "address", "phone"], legal_basis="needed for your order", reference=order.number,
        )  # fmt: skip
    if order.on_account and (person.today - order.placed_on).days < SCORES_STAY:
        yield from _credit_check(person, order, recipients["Creditreform Boniversum"])


def _credit_check(person: Person, order: Order, agency: Recipient) -> Iterator[models.Model]:
    at = datetime.combine(order.placed_on, time(12), tzinfo=settings.SHOP_TZ)
    score = person.luck.randrange(180, 940)
    yield CreditCheck(
        customer=order.customer, order=order, recipient=agency, checked_at=at, score=str(score), logic=LOGIC,
        decision="on account" if score > 350 else "payment first", reviewed_by_person=person.luck.random() < 0.2,
    )  # fmt: skip
    yield Disclosure(
        data_subject=order.customer, recipient=agency, occurred_at=at, fields=["name", "address", "date_of_birth"],
        legal_basis="order on account, legitimate interest", reference=order.number,
    )  # fmt: skip

"""What pages ask about cookies, once a version; and things of other companies, which wait for a click or a yes."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from .. import cookie_choices
from ..recipients import Recipient

register = template.Library()


@register.inclusion_tag("parts/cookie_question.html", takes_context=True)
def cookie_question(context: template.Context) -> dict[str, Any]:
    """The question, where there is one to ask and this browser has not answered it (SFB-28); needs no script."""
    request: HttpRequest | None = context.get("request")
    if request is None or context.get("hides_cookie_question"):
        return {"is_asked": False}
    question = cookie_choices.current()
    return {
        "is_asked": cookie_choices.browser_of(request).must_be_asked(question),
        "question": question,
        "groups": question.groups,
        "next": request.get_full_path(),
    }


@register.inclusion_tag("parts/two_click.html")
def two_click(recipient_name: str, url: str, title: str) -> dict[str, Any]:
    """Something of another company: its name, and no word of its address until it is clicked (CNX-24).

    Nothing where the register does not know the company, or it is switched off; ValueError for a link without TLS.
    """
    to = Recipient.objects.active().filter(name=recipient_name).first()
    token = cookie_choices.sealed(url)
    return {"recipient": to, "title": title, "address": reverse("privacy:outside", kwargs={"token": token})}


@register.simple_tag(takes_context=True)
def waits_for_yes(context: template.Context, recipient_name: str, src: str) -> str:
    """The script of a service such as Google Analytics; nothing of it before a yes, after a no, or against Sec-GPC.

    The server looks, so a no counts where no script of ours runs (CNX-27).
    """
    request: HttpRequest | None = context.get("request")
    to = Recipient.objects.active().filter(name=recipient_name).first()
    if request is None or to is None or to.group not in cookie_choices.browser_of(request).allows():
        return ""
    return format_html('<script src="{}" async referrerpolicy="no-referrer"></script>', src)

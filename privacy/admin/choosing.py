"""First find the person, then fill in one form about her: the shape of everything that staff record for somebody."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import data_subjects
from ..roles import Act
from . import people
from .pages import require

SHOWN = 20
Record = Callable[[HttpRequest, Any, dict[str, Any]], HttpResponse]


def for_a_person(
    act: Act, form_class: type[forms.Form], record: Record, *, title: Any, button: Any
) -> Callable[..., HttpResponse]:
    """A page in two steps on one address: search (`?q=`), choose (`?person=number`), fill in, send."""

    def view(request: HttpRequest) -> HttpResponse:
        require(request, act)
        text = request.GET.get("q", "").strip()
        person = data_subjects.by_number(request.GET.get("person", ""))
        sent = request.method == "POST" and person is not None
        given, files = (request.POST, request.FILES) if sent else (None, None)
        start: dict[str, Any] = {name: request.GET[name] for name in request.GET}
        start |= {name: request.GET.getlist(name) for name in request.GET if len(request.GET.getlist(name)) > 1}
        whose: dict[str, Any] = {"person": person} if getattr(form_class, "needs_person", False) else {}
        form = form_class(given, files, initial=start, **whose)
        if sent and form.is_valid():
            try:
                return record(request, person, form.cleaned_data)
            except forms.ValidationError as error:
                form.add_error(None, error)
        context = {
            **admin.site.each_context(request),
            "title": title, "button": button, "form": form, "person": person, "query": text, "found": found(text),
            "chosen": people.in_a_list(request, person) if person else "", "shown": SHOWN,
        }  # fmt: skip
        return render(request, "admin/for_a_person.html", context, status=422 if sent else 200)

    return view


def found(text: str) -> list[dict[str, Any]]:
    """The first people whom the text fits, and one more to show that there are more."""
    return [line(row) for row in data_subjects.people().search(text)[: SHOWN + 1]] if text else []


def line(person: Any) -> dict[str, Any]:
    """One of them: number and masked name; town and address stay off the screen."""
    return {"number": person.number, "printed": str(person), "name": people.masked(person.display_name)}

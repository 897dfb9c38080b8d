"""What a person may say about a request that is on its way."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .. import rights
from .papers import PaperField

LONGEST = 5000


def _text(label: Any, *, required: bool) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, required=required, widget=forms.Textarea(attrs={"rows": 4}))


class ReplyForm(forms.Form):
    """Words, a paper, or both."""

    text = _text(_("In your words"), required=False)
    paper = PaperField(label=_("A file"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.is_one_of_two = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and not (said.get("text", "").strip() or said.get("paper")):
            self.add_error("text", _("Write something, or choose a file."))
        return said


class AboutForm(forms.Form):
    """A complaint about a request, or the wish that a person looks at its outcome again."""

    text = _text(_("What should we look at?"), required=True)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64, initial=rights.fresh_key)

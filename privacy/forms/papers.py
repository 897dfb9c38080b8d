"""A file that a person may hand in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..subject_requests import papers


class PaperField(forms.FileField):
    """A file that may be kept as a paper of a request; its value is its bytes, refused with one clear line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("PDF, JPEG, PNG or TIFF, up to 10 MB. A photo is fine."))
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.tif,.tiff"}))
        super().__init__(*args, **kwargs)
        self.error_messages["empty"] = _("The file is empty.")

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The bytes and the name, or nothing where none was chosen."""
        file = super().clean(data, initial)
        if not file:
            return None
        content = file.read()
        try:
            papers.refuse_what_is_none(content)
        except papers.NotAPaper as error:
            again = _("Nothing of what you typed is lost; please choose the file again.")
            raise forms.ValidationError(f"{error} {again}") from error
        return papers.Upload(file.name, content)

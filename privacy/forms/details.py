"""How does a colleague write down which details? As words in a box; the register keeps them as names."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


class DetailsField(forms.Field):
    """Names of details, one a line or between commas: `order number` is kept as `order_number`."""

    widget = forms.Textarea(attrs={"rows": 3, "maxlength": 1000})

    def prepare_value(self, value: Any) -> Any:
        """The names as words."""
        return ", ".join(name.replace("_", " ") for name in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        """The words as names, each once; ValidationError for what is no name."""
        lines = str(value or "").replace(",", "\n").splitlines()
        names = ["_".join(line.lower().split()) for line in lines if line.strip()]
        for name in names:
            if not NAME.fullmatch(name):
                raise ValidationError(
                    _("{word} is no name of a detail: write letters, such as email.").format(word=name)
                )
        return list(dict.fromkeys(names))

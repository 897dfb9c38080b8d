"""How is a table asked about a thousand values? As one array: to write them one by one costs more than the answer."""

import json
from collections.abc import Collection
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models


class Among(models.Expression):
    """These values of this field, for `column__in=`."""

    def __init__(self, values: Collection[Any], field: Any) -> None:
        super().__init__(output_field=field)
        self.values = values

    def as_sqlite(self, _compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The array as JSON."""
        return "(SELECT value FROM json_each(%s))", [json.dumps(self._prepared(connection))]

    def as_postgresql(self, _compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The array itself."""
        is_text = isinstance(self.output_field, models.CharField)
        kind = "text" if is_text else self.output_field.rel_db_type(connection)
        return f"(SELECT unnest(%s::{kind}[]))", [self._prepared(connection)]

    def _prepared(self, connection: Any) -> list[Any]:
        if not self.values:
            raise EmptyResultSet
        prepare = self.output_field.get_db_prep_value
        return [value if type(value) in (int, str) else prepare(value, connection) for value in self.values]

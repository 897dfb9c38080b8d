"""Rows of people erased before bore their old key in number and address; they get values that stand for nobody."""

from django.db import migrations

from privacy.fields import ERASED, Nobody

COLUMNS = (("Customer", "number"), ("Order", "number"), ("Account", "email"))


def draw(apps, schema_editor):
    for name, column in COLUMNS:
        model = apps.get_model("customers", name)
        rows = model._base_manager.filter(**{f"{column}__regex": rf"^{ERASED}[0-9]+(@erased\.invalid)?$"})
        rows.update(**{column: Nobody(model._meta.get_field(column))})


class Migration(migrations.Migration):

    dependencies = [("customers", "0004_postcode")]

    operations = [migrations.RunPython(draw, migrations.RunPython.noop)]

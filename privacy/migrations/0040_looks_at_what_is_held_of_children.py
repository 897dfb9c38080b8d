"""Of a child only what an order needs: the register looks at the records too."""

from django.db import migrations

BEFORE = ["children-only-the-order", "children-not-profiled"]


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    planted = apps.get_model("privacy", "Promise").objects.filter(code="SFB-30", controls=BEFORE, evidence="")
    planted.update(controls=["children-no-extras", *BEFORE])


class Migration(migrations.Migration):
    dependencies = [("privacy", "0039_looks_at_recipients_news_and_cookies")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

"""The promises about children were in nobody's hands but a colleague's; now the system itself looks."""

from django.db import migrations

LOOKS = {
    "SFB-23": (["marketing-soft-opt-in", "marketing-default-no"],
               ["marketing-yes-and-sale", "marketing-soft-opt-in", "marketing-default-no"]),
    "SFB-29": ([], ["children-orders"]),
    "SFB-30": (["children-not-profiled"], ["children-only-the-order", "children-not-profiled"]),
    "SFB-31": ([], ["children-no-contests"]),
    "SFB-32": ([], ["children-without-guardian"]),
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    promise = apps.get_model("privacy", "Promise")
    for code, (before, now) in LOOKS.items():
        promise.objects.filter(code=code, controls=before, evidence="").update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0032_guardians")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

"""Promises for which a colleague answered, and at which code can look: yearly questions, lists, caps, copies."""

from django.db import migrations

LOOKS = {
    "CLG-13": ["details-asked-yearly"],
    "MAD-05": ["lists-with-proof"],
    "MAD-24": ["marketing-cap"],
    "SFB-09": ["complaints-copies"],
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted; what a colleague noted as evidence stays."""
    promise = apps.get_model("privacy", "Promise")
    for code, now in LOOKS.items():
        promise.objects.filter(code=code, controls=[]).update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0042_lists_for_recipients")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

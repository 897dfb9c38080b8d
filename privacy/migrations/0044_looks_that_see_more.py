"""Promises that rest on more than before: who pays after delivery, and that the policy can be read at all."""

from django.db import migrations

LOOKS = {
    "CLG-14": (
        ["declared-identity", "declared-contact"],
        ["declared-identity", "declared-contact", "optional-details"],
    ),
    "CLZ-04": (["no-card-numbers"], ["no-card-numbers", "logs-nobody"]),
    "CNX-16": (["recipients-credit"], ["credit-in-advance", "recipients-credit"]),
    "SFB-15": ([], ["recipients-security"]),
    "SFB-35": (["terms-readable", "policy-print"], ["terms-readable", "policy-in-force", "policy-print"]),
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    promise = apps.get_model("privacy", "Promise")
    for code, (before, now) in LOOKS.items():
        promise.objects.filter(code=code, controls=before).update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0043_looks_where_a_person_looked")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

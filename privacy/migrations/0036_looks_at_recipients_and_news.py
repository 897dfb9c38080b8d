"""Three promises rest on more than before: links that answer, both links, and who asked to hear of a new policy."""

from django.db import migrations

LOOKS = {
    "CNX-23": (["recipients-opt-out"], ["recipients-opt-out", "recipients-links"]),
    "LRD-21": (["recipients-opt-out"], ["recipients-both-links"]),
    "MAD-10": (["policy-versions"], ["policy-versions", "policy-news"]),
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    promise = apps.get_model("privacy", "Promise")
    for code, (before, now) in LOOKS.items():
        promise.objects.filter(code=code, controls=before).update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0035_policy_news")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

"""Promises that rest on more than before: links that answer, news of the policy, and what browsers really do."""

from django.db import migrations

LOOKS = {
    "CNX-23": (["recipients-opt-out"], ["recipients-opt-out", "recipients-links"]),
    "LRD-21": (["recipients-opt-out"], ["recipients-both-links"]),
    "LRD-22": (["cookies-before-yes"], ["cookies-before-yes", "cookies-asked-once", "cookies-script"]),
    "CNX-17": (["short-addresses"], ["short-addresses", "logs-nobody"]),
    "CNX-24": (["pages-nothing-foreign"], ["embeds-wait", "pages-nothing-foreign", "cookies-script"]),
    "CNX-27": (["cookies-before-yes"], ["cookies-wait"]),
    "SFB-28": (["cookies-page"], ["cookies-asked-once", "cookies-page"]),
    "MAD-10": (["policy-versions"], ["policy-versions", "policy-news"]),
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    promise = apps.get_model("privacy", "Promise")
    for code, (before, now) in LOOKS.items():
        promise.objects.filter(code=code, controls=before).update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0038_cookie_choices")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

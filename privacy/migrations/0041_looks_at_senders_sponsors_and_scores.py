"""Promises that rest on more than before: whom a mail means, sponsors, companies, scores, uses, and machines."""

from django.db import migrations

LOOKS = {
    "CLG-18": (
        ["purposes-with-basis", "processing-record"],
        ["use-no-counts", "purposes-with-basis", "processing-record"],
    ),
    "CLZ-09": (
        ["declared-browsing", "purposes-with-basis"],
        ["use-no-counts", "declared-browsing", "purposes-with-basis"],
    ),
    "CLZ-12": (
        ["purposes-with-basis"],
        ["use-needs-a-yes", "purposes-with-basis"],
    ),
    "CNX-29": (
        ["sharing-fields"],
        ["sharing-review-service", "sharing-fields"],
    ),
    "CLG-05": (
        ["self-test-unsubscribed"],
        ["mail-who-is-meant", "self-test-unsubscribed"],
    ),
    "CLZ-13": (
        ["disclosures-are-told", "declared-participation"],
        ["contest-sponsors", "disclosures-are-told", "declared-participation"],
    ),
    "CLZ-19": (
        ["processing-record"],
        ["controllers-named", "processing-record"],
    ),
    "CNX-15": (
        ["right-human-review", "declared-credit"],
        ["credit-decisions", "right-human-review", "declared-credit"],
    ),
    "LRD-09": (
        ["marketing-in-time"],
        ["marketing-in-time", "choices-told"],
    ),
    "LRD-10": (
        ["self-test-corrected"],
        ["right-rectification", "self-test-corrected"],
    ),
}


def look(apps, schema_editor):
    """Only where nobody has changed it since it was planted."""
    promise = apps.get_model("privacy", "Promise")
    for code, (before, now) in LOOKS.items():
        promise.objects.filter(code=code, controls=before).update(controls=now)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0040_looks_at_what_is_held_of_children")]

    operations = [migrations.RunPython(look, migrations.RunPython.noop)]

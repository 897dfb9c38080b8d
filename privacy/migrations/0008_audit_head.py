"""The end of the audit log is sealed, and SQLite refuses INSERT OR REPLACE on what may only grow."""

from django.db import migrations, models

from privacy.append_only import RefuseReplacement
from privacy.encryption import keyed_hash


def seal_the_end(apps, schema_editor):
    """A log that was begun before gets its seal."""
    last = apps.get_model("privacy", "AuditEntry").objects.order_by("-pk").first()
    if last is not None:
        seal = keyed_hash(f"{last.pk}:{last.hash}", use="audit-head")
        apps.get_model("privacy", "AuditHead").objects.create(pk=1, entry=last.pk, hash=last.hash, seal=seal)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0007_inbound_email")]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("seal", models.CharField(max_length=64)),
            ],
        ),
        migrations.RunPython(seal_the_end, migrations.RunPython.noop),
        RefuseReplacement("privacy_auditentry", "id", "hash"),
        RefuseReplacement("privacy_consententry", "id"),
    ]

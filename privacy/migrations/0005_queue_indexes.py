from django.conf import settings
from django.db import migrations, models

NOT_CLOSED = models.Q(closed_at__isnull=True)


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0004_export_files"),
        migrations.swappable_dependency(settings.DATA_SUBJECT_MODEL),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="datasubjectrequest", name="dsr_assignee"),
        migrations.RemoveIndex(model_name="datasubjectrequest", name="dsr_received"),
        migrations.AddIndex("datasubjectrequest", models.Index(fields=["due_on", "id"], name="dsr_due")),
        migrations.AddIndex(
            "datasubjectrequest", models.Index(fields=["due_on", "id"], condition=NOT_CLOSED, name="dsr_open")
        ),
        migrations.AddIndex(
            "datasubjectrequest",
            models.Index(
                fields=["due_on", "id"],
                condition=NOT_CLOSED & models.Q(assignee__isnull=True),
                name="dsr_unassigned",
            ),
        ),
        migrations.AddIndex(
            "datasubjectrequest",
            models.Index(fields=["assignee", "due_on", "id"], condition=NOT_CLOSED, name="dsr_assignee"),
        ),
        migrations.AddIndex("datasubjectrequest", models.Index(fields=["kind", "due_on", "id"], name="dsr_kind")),
        migrations.AddIndex(
            "datasubjectrequest",
            models.Index(fields=["kind", "due_on", "id"], condition=NOT_CLOSED, name="dsr_open_kind"),
        ),
        migrations.AddIndex("datasubjectrequest", models.Index(fields=["received_at", "id"], name="dsr_received")),
        migrations.AddIndex(
            "datasubjectrequest",
            models.Index(fields=["received_at", "id"], condition=NOT_CLOSED, name="dsr_open_received"),
        ),
        migrations.AddIndex("datasubjectrequest", models.Index(fields=["closed_at"], name="dsr_closed")),
    ]

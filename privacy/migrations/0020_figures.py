import privacy.fields
import django.db.models.deletion
import datetime

import privacy.cases
import privacy.subject_requests.case
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def promise_what_was_promised(apps, schema_editor):
    """Until the clocks are asked again (manage.py count_figures, and every night) the last day is the next promise."""
    cases = apps.get_model("privacy", "DataSubjectRequest")
    cases.objects.update(next_promise_on=F("due_on"), packs=list(settings.SHOP_PACKS))


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0019_case_file"),
        migrations.swappable_dependency(settings.DATA_SUBJECT_MODEL),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "datasubjectrequest",
            "next_promise_on",
            privacy.cases.PromiseField(editable=False, default=datetime.date(1970, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            "datasubjectrequest",
            "next_promise",
            models.CharField(blank=True, editable=False, max_length=30),
        ),
        migrations.AddField(
            "datasubjectrequest",
            "packs",
            models.JSONField(
                default=privacy.subject_requests.case.packs_in_force,
                editable=False,
                help_text="Whoever leaves a code keeps the promises made until then.",
            ),
        ),
        migrations.RunPython(promise_what_was_promised, migrations.RunPython.noop, elidable=True),
        migrations.AlterModelOptions(
            name="datasubjectrequest",
            options={
                "ordering": ["next_promise_on", "pk"],
                "verbose_name": "request",
                "verbose_name_plural": "requests",
            },
        ),
        migrations.RemoveIndex(
            model_name="datasubjectrequest",
            name="dsr_queue",
        ),
        migrations.RemoveIndex(
            model_name="datasubjectrequest",
            name="dsr_unassigned",
        ),
        migrations.RemoveIndex(
            model_name="datasubjectrequest",
            name="dsr_assignee",
        ),
        migrations.RemoveIndex(
            model_name="datasubjectrequest",
            name="dsr_kind",
        ),
        migrations.RemoveIndex(
            model_name="datasubjectrequest",
            name="dsr_open_kind",
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(fields=["state", "next_promise_on", "id"], name="dsr_queue"),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(fields=["next_promise_on", "id"], name="dsr_promise"),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["next_promise_on", "id"],
                name="dsr_open_promise",
            ),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True), ("assignee__isnull", True)),
                fields=["next_promise_on", "id"],
                name="dsr_unassigned",
            ),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["assignee", "next_promise_on", "id"],
                name="dsr_assignee",
            ),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(fields=["kind", "next_promise_on", "id"], name="dsr_kind"),
        ),
        migrations.AddIndex(
            model_name="datasubjectrequest",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["kind", "next_promise_on", "id"],
                name="dsr_open_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="datasubjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_at__isnull", True), ("next_promise", ""), _connector="OR"),
                name="dsr_closed_owes_nothing",
            ),
        ),
        migrations.CreateModel(
            name="MonthFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("answered", "answered or refused"),
                            ("ended", "taken back or merged"),
                            ("overdue", "open past its last day when the month ended"),
                            ("effect", "withdrawals, from their receipt to the ledger"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=20)),
                ("value", models.PositiveIntegerField(default=0)),
                ("count", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["month", "measure", "name", "value"],
            },
        ),
        migrations.AddIndex(
            model_name="consententry",
            index=models.Index(
                condition=models.Q(("decision", "withdrawn")), fields=["recorded_at"], name="consent_withdrawn"
            ),
        ),
        migrations.AddConstraint(
            model_name="monthfigure",
            constraint=models.UniqueConstraint(fields=("month", "measure", "name", "value"), name="month_figure_once"),
        ),
        migrations.CreateModel(
            name="DeadlineAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occasion", models.CharField(editable=False, max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("overdue", "past its last day"),
                            ("soon", "seven days left or fewer"),
                            ("promise", "a promise was missed"),
                            ("silent", "a complainant has heard nothing for long"),
                            ("slow", "a withdrawal took longer than 48 hours"),
                            ("waiting", "something that may be a withdrawal has waited for 48 hours"),
                            ("holidays", "a holiday was added or cancelled: the last day would be another"),
                        ],
                        max_length=10,
                        verbose_name="alarm",
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        blank=True, help_text="A clock's name, a road, or a record by reference.", max_length=100
                    ),
                ),
                ("due_on", models.DateField(help_text="The day that was to be kept.", null=True, verbose_name="due")),
                ("raised_at", models.DateTimeField(verbose_name="raised")),
                ("mailed_at", models.DateTimeField(editable=False, null=True)),
                ("seen_at", models.DateTimeField(editable=False, null=True, verbose_name="seen")),
                ("note", privacy.fields.EncryptedField(blank=True, default=b"")),
                (
                    "case",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alarms",
                        to="privacy.datasubjectrequest",
                    ),
                ),
                (
                    "data_subject",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alarms",
                        to=settings.DATA_SUBJECT_MODEL,
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "alarm about a request of yours",
                "verbose_name_plural": "alarms about your requests",
                "ordering": ["-raised_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)), fields=["kind", "id"], name="alarm_open"
                    ),
                    models.Index(
                        condition=models.Q(("mailed_at__isnull", True)),
                        fields=["kind", "id"],
                        name="alarm_to_be_mailed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_at__isnull", True), ("seen_by__isnull", True)),
                            models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="alarm_seen_by_somebody",
                    )
                ],
            },
        ),
    ]

"""Whose a listed number or postal address is must be looked for: a job for that, and lines that wait for it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0045_recipient_security'),
        migrations.swappable_dependency(settings.DATA_SUBJECT_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnerSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job_state', models.CharField(choices=[('new', 'waiting'), ('working', 'in work'), ('done', 'done'), ('needs_attention', 'needs attention')], default='new', editable=False, max_length=20)),
                ('claims', models.PositiveIntegerField(default=0, editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('run_after', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('hinted_at', models.DateTimeField(editable=False, null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=100)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('looked_at', models.PositiveIntegerField(default=0, editable=False, help_text='People so far.')),
            ],
            options={
                'verbose_name': 'search for whose an address is',
                'verbose_name_plural': 'searches for whose addresses are',
            },
        ),
        migrations.AddField(
            model_name='choiceline',
            name='only_if_it_bars',
            field=models.BooleanField(default=False, help_text='What a preference service lists.'),
        ),
        migrations.AlterField(
            model_name='choiceline',
            name='call',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='privacy.choicecall'),
        ),
        migrations.AddField(
            model_name='choiceline',
            name='search',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='privacy.ownersearch'),
        ),
        migrations.AddIndex(
            model_name='choiceline',
            index=models.Index(condition=models.Q(('call__isnull', True)), fields=['suppression_hash'], name='choice_line_searched'),
        ),
    ]


import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0026_holds_and_record'),
    ]

    operations = [
        migrations.AlterField(
            model_name='deadlinealarm',
            name='kind',
            field=models.CharField(choices=[('overdue', 'past its last day'), ('soon', 'seven days left or fewer'), ('promise', 'a promise was missed'), ('silent', 'a complainant has heard nothing for long'), ('slow', 'a withdrawal took longer than 48 hours'), ('waiting', 'something that may be a withdrawal has waited for 48 hours'), ('hold', 'a restriction or hold is to be looked at again'), ('no_purge', 'no purge has run for more than a day'), ('holidays', 'a holiday was added or cancelled: the last day would be another'), ('canary', 'the nightly self-test does not show that every promise is kept')], max_length=10, verbose_name='alarm'),
        ),
        migrations.CreateModel(
            name='CanaryRun',
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
                ('occasion', models.CharField(editable=False, max_length=60, unique=True)),
                ('road', models.CharField(choices=[('real', 'by the mail listener and the workers'), ('here', 'in one process')], default='real', editable=False, max_length=5)),
                ('subject', models.CharField(blank=True, editable=False, max_length=100)),
                ('removed_at', models.DateTimeField(editable=False, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('kept', 'every promise kept'), ('broken', 'a promise was broken')], editable=False, max_length=10)),
            ],
            options={
                'verbose_name': 'nightly self-test',
                'indexes': [models.Index(fields=['job_state', 'run_after'], name='canary_due')],
            },
        ),
        migrations.CreateModel(
            name='CanaryStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seconds', models.FloatField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'kept'), ('broken', 'broken'), ('left_out', 'not tried')], max_length=10)),
                ('line', models.CharField(blank=True, max_length=300)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='privacy.canaryrun')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('run', 'name'), name='canary_step_once')],
            },
        ),
    ]

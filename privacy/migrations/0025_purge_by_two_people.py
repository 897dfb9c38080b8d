import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0024_erasure_ledger'),
        migrations.swappable_dependency(settings.DATA_SUBJECT_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='InactivityWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('written_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='written')),
                ('left_at', models.DateTimeField(help_text='Or given up, because no mail server takes it.', null=True, verbose_name='sent')),
            ],
            options={
                'verbose_name': 'warning before deletion',
                'verbose_name_plural': 'warnings before deletion',
            },
        ),
        migrations.CreateModel(
            name='PurgeStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stands', models.BooleanField(default=True, editable=False, null=True, unique=True)),
                ('stopped_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('stopped_by', models.CharField(max_length=100)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('lift_proposed_by', models.CharField(blank=True, max_length=100)),
                ('lift_proposed_at', models.DateTimeField(null=True)),
                ('lifted_by', models.CharField(blank=True, max_length=100)),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.RemoveField(
            model_name='purgerun',
            name='confirmed_by',
        ),
        migrations.AddField(
            model_name='purgerun',
            name='agreed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='agreed_by',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='jumped_from',
            field=models.DateField(help_text="The last purge's day, when the clock seems to have jumped.", null=True),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='leftovers',
            field=models.JSONField(default=dict, help_text='What should be gone and is not, by kind; a bug of ours.'),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='let_pass',
            field=models.ForeignKey(help_text='The refused purge that two people let pass.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='passed', to='privacy.purgerun'),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='losses',
            field=models.JSONField(default=dict, help_text='By kind of record: how many of how many would have gone.'),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='proposed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='proposed_by',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='reason',
            field=models.CharField(blank=True, help_text='Why it may pass.', max_length=500),
        ),
        migrations.AddField(
            model_name='purgerun',
            name='turned_down_by',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name='purgerun',
            name='outcome',
            field=models.CharField(choices=[('running', 'running'), ('done', 'done'), ('failed', 'done in part'), ('refused', 'refused'), ('stopped', 'stopped')], default='running', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_by', ''), models.Q(('outcome', 'refused'), ('turned_down_by', ''), models.Q(('proposed_by', ''), _negated=True), models.Q(('reason', ''), _negated=True), models.Q(('agreed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='purge_passes_by_two_people', violation_error_message='Two different people must agree to let a purge pass.'),
        ),
        migrations.AddConstraint(
            model_name='purgerun',
            constraint=models.CheckConstraint(condition=models.Q(('proposed_by', ''), ('outcome', 'refused'), _connector='OR'), name='only_refused_purges_are_let_pass'),
        ),
        migrations.AddField(
            model_name='inactivitywarning',
            name='data_subject',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='inactivity_warnings', to=settings.DATA_SUBJECT_MODEL),
        ),
        migrations.AddConstraint(
            model_name='purgestop',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by', ''), ('stands', True), ('stands__isnull', False)), models.Q(('lifted_at__isnull', False), ('stands__isnull', True), models.Q(('lifted_by', ''), _negated=True), models.Q(('lift_proposed_by', ''), _negated=True), models.Q(('lifted_by', models.F('lift_proposed_by')), _negated=True)), _connector='OR'), name='purge_stop_lifted_by_two_people', violation_error_message='Two different people must agree to let the purge run again.'),
        ),
        migrations.AddIndex(
            model_name='inactivitywarning',
            index=models.Index(condition=models.Q(('left_at__isnull', True)), fields=['id'], name='warning_not_left'),
        ),
    ]

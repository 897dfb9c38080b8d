
import django.db.models.deletion
import django.utils.timezone
import privacy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0036_list_checks'),
        migrations.swappable_dependency(settings.DATA_SUBJECT_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='recipient',
            name='hears',
            field=models.CharField(choices=[('nothing', 'nothing'), ('own', 'choices about itself: whether data may be shared with it'), ('advertising', 'every choice about advertising, and every address that is suppressed')], default='nothing', help_text='At the URL, within seconds, signed. Advertising: for a mailing tool that works on our instructions.', max_length=12, verbose_name='is called when somebody chooses'),
        ),
        migrations.CreateModel(
            name='ChoiceCall',
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
                ('sequence', models.PositiveBigIntegerField(editable=False, help_text='Of the last try.', null=True)),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='choice_calls', to='privacy.recipient')),
            ],
            options={
                'verbose_name': 'call to a recipient about choices',
            },
        ),
        migrations.CreateModel(
            name='ChoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(blank=True, help_text='Empty: about a suppressed address.', max_length=50, verbose_name='what for')),
                ('channel', models.CharField(blank=True, choices=[('email', 'email'), ('sms', 'text message'), ('phone', 'phone'), ('post', 'post')], max_length=10, verbose_name='by which road')),
                ('sender', models.CharField(blank=True, choices=[('own', 'from us'), ('third_party', 'from other companies')], max_length=12, verbose_name='whose advertising')),
                ('names_recipient', models.BooleanField(default=False)),
                ('suppression_hash', models.CharField(blank=True, max_length=64)),
                ('address', privacy.fields.EncryptedField(blank=True, default=b'')),
                ('to_hash', privacy.fields.CorrespondentHashField(blank=True, db_index=True, editable=False, max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='since')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='privacy.choicecall')),
                ('data_subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='choices_to_be_told', to=settings.DATA_SUBJECT_MODEL)),
            ],
            options={
                'verbose_name': 'choice on its way to a recipient',
                'verbose_name_plural': 'choices on their way to recipients',
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='choicecall',
            index=models.Index(fields=['job_state', 'run_after'], name='choice_call_due'),
        ),
    ]

"""Why a colleague took a mail off the list."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0010_webhooks'),
    ]

    operations = [
        migrations.AddField(
            model_name='inboundemail',
            name='reviewed_as',
            field=models.CharField(blank=True, choices=[('acted', 'we did what it asks'), ('answered', 'answered by phone or email'), ('no_request', 'it asks for nothing'), ('duplicate', 'the same as another email'), ('machine', 'a machine wrote it'), ('spam', 'spam')], default='', editable=False, max_length=10),
            preserve_default=False,
        ),
    ]

"""Out of which records something was handed over, so that of one contested record those are told who got it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0048_children_wait_for_two_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='disclosure',
            name='records',
            field=models.JSONField(blank=True, default=list, help_text='Out of which records, by name, such as customers.order:12; may be empty.'),
        ),
    ]

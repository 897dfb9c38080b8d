"""A mailing list may go to a recipient, suit children, or offer other goods."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0041_looks_at_senders_sponsors_and_scores'),
    ]

    operations = [
        migrations.AddField(
            model_name='listcheck',
            name='is_for_children',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='listcheck',
            name='is_similar',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='listcheck',
            name='recipient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='privacy.recipient'),
        ),
    ]

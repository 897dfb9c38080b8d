"""A yes can be one that another company's list brought; no table changes for that."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0046_numbers_and_postal_addresses_are_looked_for'),
    ]

    operations = [
        migrations.AlterField(
            model_name='consententry',
            name='occasion',
            field=models.CharField(blank=True, choices=[('sale', 'in a sale'), ('negotiation', 'when she asked about a purchase, such as a price'), ('contest', 'in a contest, draw or vote'), ('other', 'elsewhere'), ('supplier', "from another company's list")], max_length=12, null=True),
        ),
    ]

"""More children than may go unasked wait for two people, by the brake of the purge."""

import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0047_a_yes_from_another_company_s_list'),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='purgerun',
            managers=[
                ('every', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name='purgerun',
            name='what',
            field=models.CharField(choices=[('due', 'everything that is due'), ('children', 'children without a parent or guardian')], default='due', max_length=10, verbose_name='of what'),
        ),
        migrations.AlterField(
            model_name='deadlinealarm',
            name='kind',
            field=models.CharField(choices=[('overdue', 'past its last day'), ('soon', 'seven days left or fewer'), ('promise', 'a promise was missed'), ('silent', 'a complainant has heard nothing for long'), ('slow', 'a withdrawal took longer than 48 hours'), ('waiting', 'something that may be a withdrawal has waited for 48 hours'), ('hold', 'a restriction or hold is to be looked at again'), ('no_purge', 'no purge has run for more than a day'), ('braked', 'a brake holds what should be deleted: two people must agree today, or nothing goes'), ('holidays', 'a holiday was added or cancelled: the last day would be another'), ('canary', 'the nightly self-test does not show that every promise is kept')], max_length=10, verbose_name='alarm'),
        ),
    ]

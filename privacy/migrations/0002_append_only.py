"""The ledger and the audit log refuse changes in the database itself."""

from django.db import migrations

from privacy.append_only import Protect


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]

    operations = [Protect("privacy_auditentry"), Protect("privacy_consententry")]

#!/usr/bin/env python
"""Runs Django's management commands for this shop's privacy back-office."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OSError) as error:
        sys.stderr.write(f"{error}\n")
        # A mail server that hands over mail while the settings are wrong is to try again, not to bounce it.
        sys.exit(os.EX_TEMPFAIL if sys.argv[1:2] == ["deliver_mail"] else 1)

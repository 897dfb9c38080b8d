"""Every list of the office, with nothing in it: one sentence says so, and only one."""

import pytest
from django.contrib import admin
from django.urls import reverse

from privacy import roles
from tests.office import colleague, desk

pytestmark = pytest.mark.django_db


def test_an_empty_list_says_so_once():
    officer = desk(colleague(roles.OFFICER))
    seen = {}
    for model in admin.site._registry:
        if not model.objects.exists():
            answer = officer.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
            if answer.status_code == 200:
                seen[model._meta.label] = answer.content.decode().count("office-empty-title")
    assert len(seen) > 10 and set(seen.values()) == {1}, seen

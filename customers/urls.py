"""The addresses of the shop's own account pages."""

from django.urls import path

from . import views

app_name = "customers"
urlpatterns = [path("confirm/", views.confirm, name="confirm")]

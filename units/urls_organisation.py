"""Units, people, the roster, the change log."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

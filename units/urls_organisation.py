"""Units, people, the roster, the change log."""

from django.urls import path

from .views import audit, organisation, roster

urlpatterns = [
    path("units/", organisation.unit_list, name="unit_list"),
    path("units/add/", organisation.unit_edit, name="unit_add"),
    path("units/search/", organisation.unit_search, name="unit_search"),
    path("units/<int:pk>/", organisation.unit_detail, name="unit_detail"),
    path("units/<int:pk>/edit/", organisation.unit_edit, name="unit_edit"),
    path("units/people/", organisation.person_list, name="person_list"),
    path("units/people/add/", organisation.person_edit, name="person_add"),
    path("units/people/search/", organisation.person_search, name="person_search"),
    path("units/people/<int:pk>/", organisation.person_detail, name="person_detail"),
    path("units/people/<int:pk>/edit/", organisation.person_edit, name="person_edit"),
    path("units/roster/", roster.roster, name="roster"),
    path("units/roster/template/", roster.roster_template, name="roster_template"),
    path("units/roster/<str:token>/", roster.roster_preview, name="roster_preview"),
    path("log/", audit.audit_list, name="audit_list"),
]

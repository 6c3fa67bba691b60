"""Addresses of open promises and task lists, and of interviews."""

from django.urls import URLPattern, path

from .views import interviews, promises, promises_own

urlpatterns: list[URLPattern] = [
    path("rounds/<int:pk>/promises/", promises.promises, name="promises"),
    path("rounds/<int:pk>/promises/give/", promises.promise_give, name="promise_give"),
    path("rounds/<int:pk>/promises/<int:list_pk>/", promises.promise_list, name="promise_list"),
    path("rounds/<int:pk>/promises/<int:list_pk>/change/", promises.promise_change, name="promise_change"),
    path("rounds/<int:pk>/promises/<int:list_pk>/report/", promises_own.promise_report, name="promise_report"),
    path(
        "rounds/<int:pk>/promises/<int:list_pk>/report/save/",
        promises_own.promise_report_save,
        name="promise_report_save",
    ),
    path("rounds/<int:pk>/promises/of/<int:subject_pk>/<str:kind>/", promises_own.promise_edit, name="promise_edit"),
    path(
        "rounds/<int:pk>/promises/of/<int:subject_pk>/<str:kind>/save/", promises_own.promise_save, name="promise_save"
    ),
    path("rounds/<int:pk>/interviews/", interviews.interviews, name="interviews"),
    path("rounds/<int:pk>/interviews/add/", interviews.interview_add, name="interview_add"),
    path("rounds/<int:pk>/interviews/<int:interview_pk>/", interviews.interview, name="interview"),
    path("rounds/<int:pk>/interviews/<int:interview_pk>/record/", interviews.interview_record, name="interview_record"),
    path(
        "rounds/<int:pk>/interviews/<int:interview_pk>/record/save/", interviews.interview_save, name="interview_save"
    ),
    path("rounds/<int:pk>/interviews/<int:interview_pk>/print/", interviews.interview_print, name="interview_print"),
    path("rounds/<int:pk>/interviews/<int:interview_pk>/word/", interviews.interview_word, name="interview_word"),
]

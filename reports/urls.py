"""Addresses of the workbook, the jobs and the home page."""

from django.urls import path

from . import views

app_name = "reports"

urlpatterns = [
    path("", views.home, name="home"),
    path("rounds/upload/", views.upload, name="upload"),
    path("rounds/<int:pk>/workbook/", views.workbook, name="workbook"),
    path("rounds/<int:pk>/workbook/result/", views.export, name="export"),
    path("rounds/<int:pk>/workbook/blank/", views.template, name="template"),
    path("rounds/<int:pk>/offline/", views.offline, name="offline"),
    path("rounds/<int:pk>/offline/mine/", views.offline_mine, name="offline_mine"),
    path("rounds/<int:pk>/offline/all/", views.offline_all, name="offline_all"),
    path("rounds/<int:pk>/offline/units/<int:unit_pk>/", views.offline_unit, name="offline_unit"),
    path("rounds/<int:pk>/offline/uploads/<int:upload_pk>/", views.offline_upload, name="offline_upload"),
    path("rounds/<int:pk>/offline/uploads/<int:upload_pk>/marked/", views.offline_marked, name="offline_marked"),
    path("plans/<slug:code>/workbook/blank/", views.plan_template, name="plan_template"),
    path("rounds/<int:pk>/compute/", views.compute, name="compute"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/summary/", views.poll_summary, name="poll_summary"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/paper/ballots.docx", views.paper_word, name="paper_word"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/paper/sheets.xlsx", views.paper_book, name="paper_book"),
    path("rounds/<int:pk>/promises/table/", views.promise_book, name="promise_book"),
    path("rounds/<int:pk>/duty/compare/", views.compare_duty_reports, name="compare_duty_reports"),
    path("rounds/<int:pk>/ledger/circular/", views.circular, name="circular"),
    path("rounds/<int:pk>/ledger/circular.docx", views.circular_word, name="circular_word"),
    path("rounds/<int:pk>/ledger/circular.xlsx", views.circular_book, name="circular_book"),
    path("jobs/<uuid:pk>/", views.job, name="job"),
    path("jobs/<uuid:pk>/load/", views.load_checked, name="load_checked"),
    path("jobs/<uuid:pk>/file/", views.job_file, name="job_file"),
]

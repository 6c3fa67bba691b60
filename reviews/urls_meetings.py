"""Addresses of review meetings (述职评议会) and of the reports published after them."""

from django.urls import URLPattern, path

from .views import agenda, attendance, audience, meetings, minutes, timer

urlpatterns: list[URLPattern] = [
    path("rounds/<int:pk>/meetings/", meetings.meetings, name="meetings"),
    path("rounds/<int:pk>/meetings/add/", meetings.meeting_add, name="meeting_add"),
    path("rounds/<int:pk>/meetings/own/", meetings.own_meeting, name="own_meeting"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/", meetings.meeting, name="meeting"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/edit/", meetings.meeting_edit, name="meeting_edit"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/agenda/", agenda.meeting_agenda, name="meeting_agenda"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/strokes/", agenda.meeting_strokes, name="meeting_strokes"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/people/", attendance.meeting_attendance, name="meeting_attendance"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/people/add/", attendance.meeting_expect, name="meeting_expect"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/people/sign/", attendance.meeting_sign_in, name="meeting_sign_in"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/record/", minutes.meeting_record, name="meeting_record"),
    path(
        "rounds/<int:pk>/meetings/<int:meeting_pk>/record/<int:talk_pk>/",
        minutes.meeting_record,
        name="talk_record",
    ),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/cell/", minutes.meeting_cell, name="meeting_cell"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/minutes/", minutes.meeting_minutes, name="meeting_minutes"),
    path(
        "rounds/<int:pk>/meetings/<int:meeting_pk>/minutes/file/",
        minutes.meeting_minutes_file,
        name="meeting_minutes_file",
    ),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/timer/", timer.meeting_timer, name="meeting_timer"),
    path("rounds/<int:pk>/meetings/<int:meeting_pk>/clock/", timer.meeting_clock, name="meeting_clock"),
    path("rounds/<int:pk>/published/", audience.published, name="published"),
    path("rounds/<int:pk>/published/add/", audience.publication_add, name="publication_add"),
    path("rounds/<int:pk>/published/<int:publication_pk>/", audience.publication, name="publication"),
    path("rounds/<int:pk>/published/report/<int:report_pk>/", audience.published_report, name="published_report"),
    path("rounds/<int:pk>/published/report/<int:report_pk>/read/", audience.published_read, name="published_read"),
    path("rounds/<int:pk>/published/comment/<int:comment_pk>/", audience.comment_decide, name="comment_decide"),
]

from django.urls import URLPattern, URLResolver, path

from .views import earlier, events, facts, history, marks, numbers, opening, progress, rounds, subjects

app_name = "reviews"
urlpatterns: list[URLPattern | URLResolver] = [
    path("rounds/", rounds.round_list, name="round_list"),
    path("rounds/open/", opening.round_open, name="round_open"),
    path("rounds/open/subjects/", opening.round_open_subjects, name="round_open_subjects"),
    path("rounds/open/assessors/", opening.round_open_assessors, name="round_open_assessors"),
    path("rounds/open/earlier/", earlier.round_open_earlier, name="round_open_earlier"),
    path("rounds/open/confirm/", opening.round_open_confirm, name="round_open_confirm"),
    path("rounds/<int:pk>/", rounds.round_detail, name="round_detail"),
    path("rounds/<int:pk>/phase/<slug:to>/", rounds.phase, name="phase"),
    path("rounds/<int:pk>/deadline/", rounds.deadline, name="deadline"),
    path("rounds/<int:pk>/assessors/<int:assignment_pk>/", rounds.assign, name="assign"),
    path("rounds/<int:pk>/list/", subjects.subject_list, name="subject_list"),
    path("rounds/<int:pk>/list/add/", subjects.subject_add, name="subject_add"),
    path("rounds/<int:pk>/list/<int:subject_pk>/", subjects.subject_detail, name="subject_detail"),
    path(
        "rounds/<int:pk>/list/<int:subject_pk>/withdraw/",
        subjects.subject_withdraw,
        name="subject_withdraw",
    ),
    path("rounds/<int:pk>/progress/", progress.progress, name="progress"),
    path("rounds/<int:pk>/progress/subjects/", progress.progress_subjects, name="progress_subjects"),
    path("rounds/<int:pk>/progress/leaf/<str:code>/", progress.progress_leaf, name="progress_leaf"),
    path("rounds/<int:pk>/marks/", marks.my_marks, name="my_marks"),
    path("rounds/<int:pk>/marks/<int:assignment_pk>/", marks.mark_sheet, name="mark_sheet"),
    path("rounds/<int:pk>/numbers/<int:assignment_pk>/", numbers.number_sheet, name="number_sheet"),
    path("rounds/<int:pk>/events/", events.event_list, name="event_list"),
    path("rounds/<int:pk>/events/decide/", events.event_decide, name="event_decide"),
    path("rounds/<int:pk>/events/add/", events.event_add, name="event_add"),
    path("rounds/<int:pk>/events/<int:event_pk>/", events.event_detail, name="event_detail"),
    path("rounds/<int:pk>/facts/", facts.fact_table, name="fact_table"),
    path("rounds/<int:pk>/history/", history.history, name="history"),
]

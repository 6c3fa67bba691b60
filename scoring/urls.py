from django.urls import path

from . import views

app_name = "scoring"

urlpatterns = [
    path("results/", views.my_results, name="my_results"),
    path("trial/", views.trial, name="trial"),
    path("rounds/<int:round_pk>/ranking/", views.ranking, name="ranking"),
    path("rounds/<int:round_pk>/limits/", views.limits, name="limits"),
    path("rounds/<int:round_pk>/limits/<int:number>/decisions/", views.decide_block, name="decide_block"),
    path("rounds/<int:round_pk>/selections/", views.selections, name="selections"),
    path("rounds/<int:round_pk>/selections/<int:position>/", views.settle_veto, name="settle_veto"),
    path("rounds/<int:round_pk>/interviews/results/", views.result_interviews, name="result_interviews"),
    path("rounds/<int:round_pk>/payout/", views.payout, name="payout"),
    path("rounds/<int:round_pk>/earlier/", views.earlier, name="earlier"),
    path("rounds/<int:round_pk>/earlier/<str:code>/", views.earlier_subjects, name="earlier_subjects"),
    path("rounds/<int:round_pk>/events/effects/", views.event_effects, name="event_effects"),
    path("rounds/<int:round_pk>/announce/", views.announce, name="announce"),
    path("rounds/<int:round_pk>/seal/", views.seal, name="seal"),
    path("rounds/<int:round_pk>/subjects/<int:subject_pk>/", views.subject_result, name="subject_result"),
    path(
        "rounds/<int:round_pk>/subjects/<int:subject_pk>/figures/<str:code>/",
        views.figure,
        name="figure",
    ),
    path("rounds/<int:round_pk>/subjects/<int:subject_pk>/decision/", views.decide, name="decide"),
    path(
        "rounds/<int:round_pk>/subjects/<int:subject_pk>/decision/withdraw/",
        views.withdraw,
        name="withdraw",
    ),
]

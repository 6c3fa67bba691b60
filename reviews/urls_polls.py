"""The office's pages of polls."""

from django.urls import URLPattern, path

from .views import polls, polls_key, polls_voters, polls_ways

poll_patterns: list[URLPattern] = [
    path("rounds/<int:pk>/polls/", polls.polls, name="polls"),
    path("rounds/<int:pk>/polls/live/", polls.polls_live, name="polls_live"),
    path("rounds/<int:pk>/polls/key/", polls_key.poll_key, name="poll_key"),
    path("rounds/<int:pk>/polls/count/", polls_key.poll_count, name="poll_count"),
    path("rounds/<int:pk>/polls/exclusions/", polls_voters.poll_exclusions, name="poll_exclusions"),
    path("rounds/<int:pk>/polls/comments/", polls_ways.poll_comments, name="poll_comments"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/", polls.poll, name="poll"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/voters/", polls_voters.poll_voters, name="poll_voters"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/check/", polls_voters.poll_check, name="poll_check"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/people/", polls_voters.poll_people, name="poll_people"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/draw/", polls_voters.poll_draw, name="poll_draw"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/roll/", polls_ways.poll_roll, name="poll_roll"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/slips/", polls_ways.poll_slips, name="poll_slips"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/links/", polls_ways.poll_doors, name="poll_doors"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/links/<int:door_pk>/", polls_ways.poll_poster, name="poll_poster"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/screen/", polls_ways.poll_screen, name="poll_screen"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/chair/", polls_ways.poll_chair, name="poll_chair"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/remind/", polls_ways.poll_remind, name="poll_remind"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/longer/", polls.poll_longer, name="poll_longer"),
    path("rounds/<int:pk>/polls/<int:poll_pk>/annul/", polls.poll_annul, name="poll_annul"),
]

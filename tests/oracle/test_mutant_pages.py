"""Every page that a link leads to, for plans that nobody has seen before.

KAOPING_MUTANTS_VISITED sets for how many mutants (default 2).
"""

import os
import re
from collections import deque
from html import unescape

import pytest
from django.urls import reverse

from reviews.models import Round
from tests.factories import client_for, make_user
from units.models import Role

from .test_mutants import appraised, mutant, nth

VISITED = int(os.environ.get("KAOPING_MUTANTS_VISITED", "2"))
MOST_OF_A_KIND = 5  # of addresses that differ in numbers and codes only
LINK = re.compile(r'<a[^>]+href="(/[^"#]*)"')

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", range(VISITED))
def test_every_page_of_a_mutant_and_its_round_opens(number, tmp_path):
    code, seed = nth(number + 40)
    appraised(code, seed, tmp_path, gaps=number % 2 == 1)
    round_ = Round.objects.get()
    client = client_for(make_user(Role.OFFICE))
    starts = [
        reverse("reviews:round_detail", args=[round_.pk]),
        reverse("indicators:plan_detail", args=[round_.plan.code]),
    ]
    visited = visit(client, starts)
    kinds = {re.sub(r"\d+", "0", address.partition("?")[0]) for address in visited}
    assert len(kinds) > 12
    assert {address: status for address, status in visited.items() if status not in (200, 302)} == {}


def visit(client, starts):
    """{address: status} of the pages reached from these; of many of one kind only some."""
    waiting, visited, kinds = deque(starts), {}, {}
    while waiting:
        address = waiting.popleft()
        kind = re.sub(r"/[^/]*\d[^/]*/|=[^&]*", "/0/", address)
        if address in visited or kinds.get(kind, 0) >= MOST_OF_A_KIND or "/logout/" in address:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(address)
        visited[address] = answer.status_code
        if answer["Content-Type"].startswith("text/html"):
            waiting.extend(unescape(found) for found in LINK.findall(answer.content.decode()))
    return visited


def test_the_plan_file_of_a_mutant_comes_back_as_it_went_in(tmp_path):
    code, seed = nth(45)
    appraised(code, seed, tmp_path)
    version = Round.objects.get().plan_version
    client = client_for(make_user(Role.OFFICE))
    answer = client.get(reverse("indicators:version_file", args=[version.pk]))
    assert b"".join(answer).decode() == mutant(code, seed)[0]

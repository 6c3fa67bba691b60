"""Units and people: the tree, lists, forms, who may, and what is never allowed to happen."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from tests.factories import client_for, make_unit, make_user
from units import queries
from units.lookup import PersonField, UnitField
from units.models import AuditEntry, Person, Role, Unit
from units.services import organisation
from units.services.errors import ChangedMeanwhile, Refused

pytestmark = pytest.mark.django_db

READERS = {Role.ADMIN, Role.OFFICE, Role.AUDITOR}
WRITERS = {Role.ADMIN, Role.OFFICE}


def make_person(unit: Unit, code: str = "P1", name: str = "张一", **fields: object) -> Person:
    return Person.objects.create(unit=unit, code=code, name=name, **fields)


def unit_values(unit: Unit | None = None, **changed: object) -> dict[str, object]:
    empty = {"code": "X1", "name": "新单位", "parent": None, "order": 0, "is_active": True}
    base = {name: getattr(unit, name) for name in organisation.UNIT_FIELDS} if unit else empty
    return {"short_name": "", "category": "", "contact": "", "phone": "", **base, **changed}


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


# ---------------------------------------------------------------- who may


def pages(unit: Unit, person: Person) -> dict[str, set[Role]]:
    return {
        reverse("units:unit_list"): READERS,
        reverse("units:unit_detail", args=[unit.pk]): READERS,
        reverse("units:unit_add"): WRITERS,
        reverse("units:unit_edit", args=[unit.pk]): WRITERS,
        reverse("units:unit_search"): READERS,
        reverse("units:person_list"): READERS,
        reverse("units:person_detail", args=[person.pk]): READERS,
        reverse("units:person_add"): WRITERS,
        reverse("units:person_edit", args=[person.pk]): WRITERS,
        reverse("units:person_search"): READERS,
        reverse("units:roster"): WRITERS,
        reverse("units:roster_template"): WRITERS,
        reverse("units:audit_list"): READERS,
    }


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_on_each_page(role):
    unit = make_unit()
    person = make_person(unit)
    client = client_for(make_user(role))
    got = {url: client.get(url).status_code for url in pages(unit, person)}
    assert got == {url: 200 if role in allowed else 403 for url, allowed in pages(unit, person).items()}


def test_a_visitor_sees_nothing(client):
    unit = make_unit()
    for url in pages(unit, make_person(unit)):
        assert client.get(url).status_code == 302, url


@pytest.mark.parametrize("role", [None, *(role for role in Role if role not in WRITERS)])
def test_posting_needs_the_same_permission(role):
    unit = make_unit()
    person = make_person(unit)
    client = client_for(make_user(role))
    for name, args in [
        ("unit_add", []),
        ("unit_edit", [unit.pk]),
        ("person_add", []),
        ("person_edit", [person.pk]),
        ("roster", []),
        ("roster_preview", ["x" * 32]),
    ]:
        assert client.post(reverse(f"units:{name}", args=args), {"name": "改"}).status_code == 403, name
    assert not AuditEntry.objects.exists()


def test_the_service_asks_as_well():
    with pytest.raises(PermissionDenied):
        organisation.create_unit(values=unit_values(), by=make_user(Role.AUDITOR))
    assert not Unit.objects.exists()


def test_an_auditor_is_offered_no_change():
    unit = make_unit()
    page = client_for(make_user(Role.AUDITOR)).get(reverse("units:unit_detail", args=[unit.pk])).text
    assert reverse("units:unit_edit", args=[unit.pk]) not in page
    assert reverse("units:roster") not in page


# ---------------------------------------------------------------- reading


def test_the_tree_puts_each_unit_below_its_own():
    top = make_unit("区政府", order=1)
    second = make_unit("区财政局", order=2, parent=top)
    third = make_unit("国库股", order=3, parent=second)
    other = make_unit("区教育局", order=1, parent=top)
    nodes = queries.unit_tree()
    assert [(node.unit, node.depth, node.has_children) for node in nodes] == [
        (top, 0, True),
        (other, 1, False),
        (second, 1, True),
        (third, 2, False),
    ]
    assert nodes[3].path == "区政府 / 区财政局"


def test_a_unit_below_an_inactive_one_is_still_shown():
    top = make_unit(is_active=False)
    child = make_unit(parent=top)
    assert [node.unit for node in queries.unit_tree()] == [child]


@pytest.mark.parametrize(
    ("words", "category", "expected"),
    [("财政", "", ["区财政局"]), ("", "乡镇", ["东乡"]), ("u-1 局", "", ["区财政局"]), ("财政", "乡镇", [])],
)
def test_search_and_category(words, category, expected):
    make_unit("区财政局", code="U-1", category="部门")
    make_unit("东乡", code="U-2", category="乡镇")
    assert [node.unit.name for node in queries.select_units(words=words, category=category)] == expected


def test_long_trees_come_in_pages(office):
    Unit.objects.bulk_create(Unit(code=f"C{n:04}", name=f"单位{n:04}", order=n) for n in range(201))
    client = client_for(office)
    assert "单位0200" not in client.get(reverse("units:unit_list")).text
    assert "单位0200" in client.get(reverse("units:unit_list"), {"page": 2}).text


def test_people_are_found_by_unit_group_and_words(office):
    first, second = make_unit(code="U1"), make_unit(code="U2")
    make_person(first, "P1", "张一", group="一组")
    make_person(second, "P2", "李二", group="二组", position="科长")
    make_person(second, "P3", "王三", is_active=False)
    client, url = client_for(office), reverse("units:person_list")

    def names(**query: str) -> list[str]:
        return [person.name for person in client.get(url, query).context["page_obj"]]

    assert names() == ["张一", "李二"]
    assert names(unit="U2") == ["李二"]
    assert names(group="一组") == ["张一"]
    assert names(q="科长") == ["李二"]
    assert names(inactive="on") == ["张一", "李二", "王三"]
    response = client.get(url, {"unit": "nowhere"})
    assert "unit" in response.context["filter"].errors  # said at the field, and all are shown
    assert len(response.context["page_obj"]) == 2


def _fill(rows: int) -> Unit:
    top = make_unit(category="部门")
    for _row in range(rows):
        child = make_unit(parent=top, category="部门")
        number = Person.objects.count()
        make_person(child, f"P{number}", "张一", group="一组")
        person = make_person(top, f"Q{number}", "李二", group="一组")
        make_user(Role.SUBJECT, person=person)
        make_user(Role.ASSESSOR, unit=top)
        AuditEntry.objects.create(action="change unit", target="units.unit", target_id=top.pk, label=top.name)
    return top


@pytest.mark.parametrize(
    ("name", "queries_needed"),
    [
        ("unit_list", 7),
        ("unit_detail", 10),
        ("person_list", 8),
        ("person_search", 4),
        ("unit_search", 4),
        ("audit_list", 7),
    ],
)
@pytest.mark.parametrize("rows", [1, 3])
def test_queries_do_not_grow_with_rows(django_assert_num_queries, office, name, queries_needed, rows):
    top = _fill(rows)
    client = client_for(office)
    url = reverse(f"units:{name}", args=[top.pk] if name == "unit_detail" else [])
    words = {"unit_search": {"q": "单位"}, "person_search": {"q": "张"}}.get(name, {})
    with django_assert_num_queries(queries_needed):
        assert client.get(url, words).status_code == 200


# ---------------------------------------------------------------- changing


def form_data(response: object, **changed: object) -> dict[str, object]:
    """What a browser would send back for the form of this page, with some fields changed."""
    form = response.context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    return {**data, **changed}


def test_adding_a_unit_keeps_who_and_what(office):
    top = make_unit("区政府", code="G1")
    client, url = client_for(office), reverse("units:unit_add")
    page = client.get(url, {"parent": top.pk})
    assert 'value="G1 区政府"' in page.text
    data = {"code": "B1", "name": "区财政局", "parent": "G1 区政府", "category": "部门", "order": 5, "is_active": "on"}
    response = client.post(url, data)
    unit = Unit.objects.get(code="B1")
    assert response["Location"] == reverse("units:unit_detail", args=[unit.pk])
    assert (unit.parent, unit.category, unit.order) == (top, "部门", 5)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.label) == (office, "create unit", "区财政局")
    assert entry.changes["parent"] == [None, "区政府"]


def test_a_wrong_form_keeps_what_was_typed(office):
    make_unit("区财政局", code="B1")
    data = {"code": "B1", "name": "另一个", "parent": "nowhere", "order": "-1", "is_active": "on"}
    response = client_for(office).post(reverse("units:unit_add"), data)
    assert set(response.context["form"].errors) == {"code", "parent", "order"}
    assert 'value="nowhere"' in response.text
    assert 'value="另一个"' in response.text
    assert Unit.objects.count() == 1


def test_saving_without_a_change_writes_nothing(office):
    unit = make_unit(category="部门")
    client, url = client_for(office), reverse("units:unit_edit", args=[unit.pk])
    assert client.post(url, form_data(client.get(url))).status_code == 302
    assert not AuditEntry.objects.exists()


def test_a_unit_cannot_move_below_itself_at_any_depth(office):
    units = [make_unit()]
    for _depth in range(5):
        units.append(make_unit(parent=units[-1]))
    top, bottom = units[0], units[-1]
    with pytest.raises(Refused) as refused:
        organisation.change_unit(
            pk=top.pk, values=unit_values(top, parent=bottom), seen=organisation.fingerprint(top), by=office
        )
    assert "parent" in refused.value.message_dict
    client, url = client_for(office), reverse("units:unit_edit", args=[top.pk])
    response = client.post(url, form_data(client.get(url), parent=bottom.code))
    assert response.status_code == 200
    assert "parent" in response.context["form"].errors
    response = client.post(url, form_data(client.get(url), parent=top.code))
    assert "parent" in response.context["form"].errors
    top.refresh_from_db()
    assert top.parent is None


def test_a_unit_in_use_is_not_closed(office):
    unit = make_unit()
    seen = organisation.fingerprint(unit)
    person = make_person(unit)
    with pytest.raises(Refused):
        organisation.change_unit(pk=unit.pk, values=unit_values(unit, is_active=False), seen=seen, by=office)
    Person.objects.filter(pk=person.pk).update(is_active=False)
    child = make_unit(parent=unit)
    with pytest.raises(Refused):
        organisation.change_unit(pk=unit.pk, values=unit_values(unit, is_active=False), seen=seen, by=office)
    Unit.objects.filter(pk=child.pk).update(is_active=False)
    organisation.change_unit(pk=unit.pk, values=unit_values(unit, is_active=False), seen=seen, by=office)
    unit.refresh_from_db()
    assert not unit.is_active


def test_nothing_new_goes_below_an_inactive_unit(office):
    closed = make_unit(is_active=False)
    with pytest.raises(Refused):
        organisation.create_unit(values=unit_values(parent=closed), by=office)


def test_the_second_of_two_editors_sees_what_is_stored_now(office):
    unit = make_unit("区财政局", contact="张一")
    client, url = client_for(office), reverse("units:unit_edit", args=[unit.pk])
    mine = form_data(client.get(url), contact="李二")
    theirs = form_data(client.get(url), contact="王三", phone="123")
    assert client.post(url, theirs).status_code == 302
    response = client.post(url, mine)
    assert response.status_code == 200
    assert 'value="李二"' in response.text
    assert "王三" in response.text
    unit.refresh_from_db()
    assert unit.contact == "王三"
    again = form_data(response)
    assert client.post(url, again).status_code == 302
    unit.refresh_from_db()
    assert unit.contact == "李二"


def test_the_service_refuses_an_old_fingerprint(office):
    unit = make_unit()
    with pytest.raises(ChangedMeanwhile):
        organisation.change_unit(pk=unit.pk, values=unit_values(unit, contact="张一"), seen="old", by=office)


def test_people_are_added_moved_and_closed(office):
    first, second = make_unit(code="U1"), make_unit(code="U2")
    client = client_for(office)
    data = {"code": "P1", "name": "张一", "unit": "U1", "order": 1, "is_active": "on"}
    client.post(reverse("units:person_add"), data)
    person = Person.objects.get()
    assert person.unit == first
    url = reverse("units:person_edit", args=[person.pk])
    assert client.post(url, form_data(client.get(url), unit="U2")).status_code == 302
    data = form_data(client.get(url))
    del data["is_active"]
    assert client.post(url, data).status_code == 302
    person.refresh_from_db()
    assert (person.unit, person.is_active) == (second, False)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["create person", "change person", "change person"]
    page = client.get(reverse("units:person_detail", args=[person.pk])).text
    assert first.name in page
    assert second.name in page


# ---------------------------------------------------------------- looking up one of thousands


@pytest.mark.parametrize("text", ["U1", "U1 区财政局", "区财政局", "财政", "Ｕ1", " U1　区财政局 "])
def test_a_unit_is_found_by_code_or_name(text):
    unit = make_unit("区财政局", code="U1", short_name="财政")
    make_unit("U1 分局", code="U12")
    assert UnitField().clean(text) == unit


def test_a_name_of_several_people_asks_for_the_code():
    unit = make_unit()
    first = make_person(unit, "P1", "张一")
    make_person(unit, "P2", "张一")
    assert PersonField().clean("P1") == first
    assert PersonField().clean("P1 张一") == first
    for text, code in [("张一", "several"), ("李二", "unknown")]:
        with pytest.raises(Exception, match=text) as error:
            PersonField().clean(text)
        assert error.value.code == code


def test_the_list_of_matches_answers_to_any_field_name(office):
    make_unit("区财政局", code="U1")
    make_unit("区教育局", code="U2")
    url = reverse("units:unit_search")
    page = client_for(office).get(url, {"roles-0-unit": "财"}, headers={"HX-Trigger-Name": "roles-0-unit"}).text
    assert 'data-value="U1 区财政局"' in page
    assert "data-pick" not in client_for(office).get(url).text
    assert "区教育局" not in page


# ---------------------------------------------------------------- the change log


def test_the_log_is_filtered_by_who_what_and_when(office):
    other = make_user(Role.ADMIN, username="guanli", name="管理员")
    unit = make_unit("区财政局")
    AuditEntry.objects.create(
        actor=office, action="change unit", target="units.unit", target_id=unit.pk, label="区财政局"
    )
    old = AuditEntry.objects.create(
        actor=other, action="create unit", target="units.unit", target_id="0", label="区教育局"
    )
    AuditEntry.objects.filter(pk=old.pk).update(at="2020-05-01T00:30:00+08:00")
    client, url = client_for(office), reverse("units:audit_list")

    def labels(**query: str) -> list[str]:
        return [entry.label for entry in client.get(url, query).context["page_obj"]]

    assert labels() == ["区财政局", "区教育局"]
    assert labels(actor="guanli") == ["区教育局"]
    assert labels(q="财政") == ["区财政局"]
    assert labels(since="2020-05-01", until="2020-05-01") == ["区教育局"]
    assert labels(until="2020-04-30") == []
    assert labels(target="units.unit", id=str(unit.pk)) == ["区财政局"]
    assert labels(target="units.person") == ["区财政局", "区教育局"]  # a kind that the log does not have is no filter


def test_the_log_says_it_in_the_readers_language(office):
    unit = make_unit("区财政局", contact="张一")
    values = unit_values(unit, contact="李二", is_active=True)
    organisation.change_unit(pk=unit.pk, values=values, seen=organisation.fingerprint(unit), by=office)
    client = client_for(office)
    client.cookies["kaoping_language"] = "en"
    page = client.get(reverse("units:audit_list")).text
    assert "changed the unit" in page
    assert "Contact" in page
    client.cookies["kaoping_language"] = "zh-hans"
    page = client.get(reverse("units:audit_list")).text
    assert "修改单位" in page
    assert "张一" in page
    assert "李二" in page

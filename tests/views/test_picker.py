"""The picker: a whole class in two minutes, nothing typed is lost, what cannot be placed is said beside its field."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.prompts import load_bank
from tests.views.conftest import MAYA, School, Visitor, content_items, field_of, picked, questions


@pytest.fixture
def picker(school: School) -> Visitor:
    return school.pick()


def form_of(page: TestResponse) -> dict[str, str | list[str]]:
    """What the picker's form holds, as a browser would send it."""
    text = page.get_data(as_text=True).split("<template")[0]
    inputs = re.findall(
        r'<input(?![^>]*type="(?:radio|checkbox)")[^>]*name="(\w+)"[^>]*value="([^"]*)"', text
    )
    chosen = re.findall(r'<input type="(?:radio|checkbox)" name="(\w+)" value="([^"]*)" checked', text)
    areas = re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', text)
    form: dict[str, str | list[str]] = {}
    for name, value in [*inputs, *chosen, *areas]:
        if name in {"question", "source"}:
            form.setdefault(name, [])
            form[name].append(unescape(value))  # type: ignore[union-attr]
        else:
            form[name] = unescape(value)
    return form


def send(picker: Visitor, path: str, page: TestResponse, **changes: str | list[str]) -> TestResponse:
    """Press a button of a page."""
    form = {**form_of(page), **changes}
    return picker.client.post(picker.address(path), data=form)


def rows(toolbox: Toolbox) -> int:
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(ReflectionTemplate)) or 0


class TestShortestWay:
    def test_page_as_it_opens_can_be_placed(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = picker.client.get(picker.page)
        answer = send(picker, "picker/place", page)
        assert answer.status_code == 200
        (item,) = content_items(answer)
        first = load_bank(toolbox.settings.config_folder).sets[0]
        assert item["title"] == first.title["en"]
        assert item["lineItem"]["scoreMaximum"] == 10
        assert rows(toolbox) == 1

    def test_every_kind_opens_filled_in(self, picker: Visitor, toolbox: Toolbox) -> None:
        bank = load_bank(toolbox.settings.config_folder)
        page = picker.client.get(picker.page)
        kinds = [(one.id, one) for one in bank.sets] + [(f"step-{one.id}", one) for one in bank.steps]
        for key, one in kinds:
            page = send(picker, "picker/choose", page, chosen=key)
            form = form_of(page)
            assert page.status_code == 200
            assert form["title"] == one.title["en"]
            assert f'value="{key}" formaction' in page.get_data(as_text=True)
            # The step of doing has tips instead of questions; they stand before the teacher's own question.
            assert all(form["question"]) or "map" in form["instructions"]
        page = send(picker, "picker/choose", page, chosen="own")
        assert form_of(page)["question"] == [""]

    def test_whole_bank_is_offered(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = picker.client.get(picker.page).get_data(as_text=True)
        offered = set(re.findall(r'<option value="([A-Z]+-\d+)"', page))
        bank = load_bank(toolbox.settings.config_folder).by_id
        assert offered == {key for key, prompt in bank.items() if prompt.kind != "tip"}
        assert len(offered) == 50


class TestNothingIsLost:
    def test_problems_are_said_beside_fields_and_above(self, picker: Visitor, toolbox: Toolbox) -> None:
        before = rows(toolbox)
        answer = picker.post(
            "picker/place",
            *questions(2),
            **picked(title=" ", points="many", due="tomorrow", instructions="Kept."),
        )
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        for field, sentence in (
            ("title", "Title: Please fill this in."),
            ("max_points", "Points: Please give a number above 0, up to 10,000."),
            ("due", "Due: This is no date and time."),
        ):
            assert f'<a href="#{field}">{sentence}</a>' in page
            assert f'aria-describedby="problem-{field}"' in page
            assert f'id="{field}"' in page
        form = form_of(answer)
        assert form["points"] == "many"
        assert form["instructions"] == "Kept."
        assert len(form["question"]) == 2
        assert rows(toolbox) == before

    def test_every_problem_leads_to_a_field(self, picker: Visitor) -> None:
        long = (("question", "x" * 1001), ("source", ""))
        for changes, fields in (
            ({"title": "x" * 256, "instructions": "x" * 5001}, long),
            ({"grading": "stars", "layout": "spiral"}, questions(21)),
            ({"points": "0.001"}, ()),
        ):
            answer = picker.post("picker/place", *fields, **picked(**changes))
            page = answer.get_data(as_text=True)
            assert answer.status_code == 400
            listed = re.findall(r'<li><a href="#(\w+)">', page)
            assert listed
            for field in listed:
                assert f'id="{field}"' in page, field

    def test_another_kind_keeps_how_it_counts(self, picker: Visitor) -> None:
        page = picker.client.get(picker.page)
        form = form_of(
            send(picker, "picker/choose", page, chosen="project", points="25", due="2026-12-01T15:30")
        )
        assert form["points"] == "25"
        assert form["due"] == "2026-12-01T15:30"

    def test_changed_words_can_be_brought_back(self, picker: Visitor) -> None:
        page = picker.client.get(picker.page)
        page = send(picker, "picker/choose", page, chosen="project", question=["My own words?"], source=[""])
        assert "was set aside." in page.get_data(as_text=True)
        assert form_of(page)["question"] != ["My own words?"]
        page = send(picker, "picker/undo", page)
        assert form_of(page)["question"] == ["My own words?"]

    def test_untouched_form_leaves_nothing_to_bring_back(self, picker: Visitor) -> None:
        page = send(picker, "picker/choose", picker.client.get(picker.page), chosen="project")
        assert "set aside" not in page.get_data(as_text=True)

    def test_another_language_leaves_the_teacher_s_words(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = picker.client.get(picker.page)
        before = form_of(page)
        texts = [*before["question"], "My own words?"]
        page = send(
            picker,
            "picker/language",
            page,
            locale="es",
            question=texts,
            source=[*before["source"], ""],
            title="My title",
        )
        form = form_of(page)
        by_id = load_bank(toolbox.settings.config_folder).by_id
        wanted = [by_id[key].text("student", "es") for key in before["source"]]
        assert form["question"] == [*wanted, "My own words?"]
        assert form["title"] == "My title"
        assert form["form_locale"] == "es"


class TestSeveral:
    def test_basket(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = send(picker, "picker/add", picker.client.get(picker.page), title="First")
        text = page.get_data(as_text=True)
        assert "1 is ready" in text
        assert 'id="title"' not in text
        page = send(picker, "picker/choose", page, chosen="project")
        page = send(picker, "picker/add", page, title="Second")
        assert "Put all 2 into English 9" in page.get_data(as_text=True)
        items = content_items(send(picker, "picker/place", page))
        assert [item["title"] for item in items] == ["First", "Second"]
        assert len({item["custom"]["plp_template"] for item in items}) == 2
        assert rows(toolbox) == 2

    def test_what_is_in_the_form_goes_along(self, picker: Visitor) -> None:
        page = send(picker, "picker/add", picker.client.get(picker.page), title="First")
        page = send(picker, "picker/choose", page, chosen="project")
        assert len(content_items(send(picker, "picker/place", page))) == 2

    def test_taken_out_of_the_basket_it_can_be_changed(self, picker: Visitor) -> None:
        page = send(picker, "picker/add", picker.client.get(picker.page), title="First", points="25")
        page = send(picker, "picker/remove", page, remove="0")
        assert form_of(page)["title"] == "First"
        assert form_of(page)["points"] == "25"
        assert field_of(page, "basket") == "[]"

    @pytest.mark.parametrize(
        "basket", ["{", "7", "[1]", '[{"title": "x"}]', "[" * 5000, json.dumps([{"questions": [[]]}])]
    )
    def test_basket_of_somebody_else_s_making(self, picker: Visitor, toolbox: Toolbox, basket: str) -> None:
        answer = picker.post("picker/place", *questions(1), **picked(basket=basket))
        assert answer.status_code == 400
        assert rows(toolbox) == 0

    def test_platform_that_takes_one(self, school: School) -> None:
        picker = school.pick(accept_multiple=False)
        assert "Add another one" not in picker.client.get(picker.page).get_data(as_text=True)


class TestPlatformsWishes:
    def test_cancel_places_nothing(self, picker: Visitor, toolbox: Toolbox) -> None:
        assert content_items(picker.post("picker/cancel")) == []
        assert rows(toolbox) == 0

    def test_place_without_grades(self, school: School) -> None:
        picker = school.pick(accept_lineitem=False)
        page = picker.client.get(picker.page)
        assert 'name="grading" value="points"' not in page.get_data(as_text=True)
        (item,) = content_items(send(picker, "picker/place", page))
        assert "lineItem" not in item

    def test_due_time_is_the_teacher_s_own(self, picker: Visitor) -> None:
        answer = picker.post("picker/place", *questions(1), **picked(due="2026-12-01T15:30"))
        (item,) = content_items(answer)
        assert item["submission"]["endDateTime"] == "2026-12-01T20:30:00+00:00"

    @pytest.mark.parametrize("zone", ["", "Nowhere/City", "../../etc/passwd", "America"])
    def test_unknown_time_zone_is_utc(self, picker: Visitor, zone: str) -> None:
        answer = picker.post("picker/place", *questions(1), **picked(due="2026-12-01T15:30", time_zone=zone))
        (item,) = content_items(answer)
        assert item["submission"]["endDateTime"] == "2026-12-01T15:30:00+00:00"

    @pytest.mark.parametrize("due", ["0001-01-01T00:00", "9999-12-31T23:59", "yesterday", "2026-13-01T00:00"])
    def test_times_that_are_none(self, picker: Visitor, due: str) -> None:
        answer = picker.post("picker/place", *questions(1), **picked(due=due, time_zone="Asia/Tokyo"))
        assert answer.status_code in {200, 400}

    def test_form_may_go_to_the_platform_only(self, picker: Visitor, school: School) -> None:
        policy = picker.client.get(picker.page).headers["Content-Security-Policy"]
        assert f"form-action 'self' {school.platform.url};" in policy

    def test_students_place_nothing(self, school: School) -> None:
        answer = school.pick(MAYA).client.get(school.pick(MAYA).page)
        assert answer.status_code in {401, 403}

    def test_no_picker_outside_the_platform_s_dialog(self, school: School) -> None:
        from tests.views.conftest import RIVERA

        teacher = school.enter(RIVERA, school.place())
        assert teacher.get("picker").status_code == 400


def test_preview_follows_the_form(picker: Visitor) -> None:
    fields = (("question", "What <b>now</b>?"), ("source", ""))
    page = picker.post("picker/preview", *fields, **picked(title="My title")).get_data(as_text=True)
    assert "My title" in page
    assert "What &lt;b&gt;now&lt;/b&gt;?" in page
    assert "<html" not in page

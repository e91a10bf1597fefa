"""Placing more than reflections: things to do in the plan, links to pages, packs, and what colleagues share."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, OutboxScore, ResourceLink, SchoolYear
from lti_plp.plp.models import Reflection, ReflectionTemplate, SharedTemplate, SharedTemplateVersion
from tests.launching import CLAIM, Browser, page_of
from tests.views.conftest import (
    FAMILY,
    LEO,
    MAYA,
    RIVERA,
    TEST_STUDENT,
    Human,
    School,
    Visitor,
    content_items,
    field_of,
    picked,
)
from tests.views.plans import Planner, plan_of
from tests.views.test_picker import form_of, send

HADDAD = Human("teacher-2", "Omar", "Haddad", ("Instructor",))
DESIGNER = Human("designer-1", "Ada", "Brook", ("ContentDeveloper",))


@pytest.fixture
def picker(school: School) -> Visitor:
    return school.pick()


def text_of(visitor: Visitor, path: str = "reflection") -> str:
    return visitor.get(path).get_data(as_text=True)


def asked(school: School, activity: str = "goal", *fields: tuple[str, str], **form: str) -> str:
    """Place something to do; the UUID of its template."""
    filled = picked(set_id=f"do-{activity}", title="Set a goal", grading="complete", layout="all", **form)
    answer = school.pick().post("picker/place", *fields, **filled)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (item,) = content_items(answer)
    return str(item["custom"]["plp_template"])


def choose(picker: Visitor, kind: str, **changes: Any) -> Any:
    return send(picker, "picker/choose", picker.client.get(picker.page), chosen=kind, **changes)


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    """Maya in front of an assignment that asks for a goal."""
    template = asked(school)
    planner = plan_of(app, school)
    planner.visitor = school.enter(MAYA, template)
    return planner


class TestDoing:
    def test_every_one_opens_filled_in_and_can_be_placed(self, picker: Visitor, toolbox: Toolbox) -> None:
        first = picker.client.get(picker.page).get_data(as_text=True)
        for name in ("profile", "goal", "steps", "evidence", "progress", "conference", "transition"):
            assert f'value="do-{name}"' in first
            page = choose(picker, f"do-{name}")
            assert "Do this in your plan" in page.get_data(as_text=True)
            (item,) = content_items(send(picker, "picker/place", page))
            assert item["lineItem"]["scoreMaximum"] == 1
            with toolbox.sessions() as session:
                row = session.get_one(ReflectionTemplate, item["custom"]["plp_template"])
                assert row.activity == name

    def test_it_is_asked_done_and_sent_without_a_word(
        self, maya: Planner, school: School, toolbox: Toolbox
    ) -> None:
        page = maya.get("reflection")
        assert "Write at least one new goal." in page
        assert f'href="{maya.visitor.address("plan/goals/new")}"' in page
        refused = maya.visitor.post("reflection/submit")
        assert refused.status_code == 400
        assert "Do it in your plan first." in refused.get_data(as_text=True)
        there = maya.get("plan/goals/new")
        assert "Back to the assignment" in there
        assert f'href="{maya.visitor.address("reflection")}"' in there
        answer = maya.visitor.post("plan/goals/new", statement="Speak <b>up</b> at the fair", ahead="now")
        assert "Back to the assignment" in maya.visitor.client.get(answer.location).get_data(as_text=True)
        page = maya.get("reflection")
        assert "Speak &lt;b&gt;up&lt;/b&gt; at the fair" in page
        assert "data-done" in page
        assert maya.visitor.post("reflection/submit").status_code == 303
        assert "My new goal: Speak &lt;b&gt;up" in maya.get("reflection")
        with toolbox.sessions() as session:
            (score,) = session.scalars(select(OutboxScore))
            assert score.payload["activity"] == "Submitted"
        teacher = school.enter(RIVERA, maya_template(toolbox))
        row = text_of(teacher, "review")
        assert "1 needs you" in row
        review = text_of(teacher, f"review/{maya.actor().person_id}")
        assert "Done in the plan" in review
        assert "My new goal: Speak &lt;b&gt;up" in review

    def test_what_is_her_own_alone_is_counted_and_not_told(
        self, maya: Planner, school: School, toolbox: Toolbox
    ) -> None:
        with maya.editor() as editor:
            editor.add("goal", {"statement": "Nobody may know", "audience": "me"})
        assert "Only you see this one." in maya.get("reflection")
        maya.visitor.post("reflection/submit")
        teacher = school.enter(RIVERA, maya_template(toolbox))
        review = text_of(teacher, f"review/{maya.actor().person_id}")
        assert "My new goal: (for me only)" in review
        assert "Nobody may know" not in review

    def test_words_alone_are_enough(self, school: School) -> None:
        template = asked(school, "evidence", ("question", "What does it show?"), ("source", ""))
        leo = school.enter(LEO, template)
        assert "Nothing of this yet." in text_of(leo)
        sent = leo.post("reflection/submit", answer_q1="I have it at home.", revision_q1="0")
        assert sent.status_code == 303
        assert "I have it at home." in text_of(leo)

    def test_steps_lead_to_the_goal_or_first_to_one(self, school: School, app: Flask) -> None:
        template = asked(school, "steps")
        planner = plan_of(app, school)
        planner.visitor = school.enter(MAYA, template)
        assert "Set a goal first" in planner.get("reflection")
        with planner.editor() as editor:
            first = editor.add("goal", {"statement": "Swim", "state": "active"}).id
            second = editor.add("goal", {"statement": "Dive", "state": "active"}).id
        page = planner.get("reflection")
        for goal, words in ((first, "Swim"), (second, "Dive")):
            assert f'href="{planner.visitor.address(f"plan/goals/{goal}")}#steps">{words}</a>' in page

    @pytest.mark.parametrize("activity", ["profile", "evidence", "progress", "conference", "transition"])
    def test_the_way_leads_to_a_page(self, school: School, activity: str) -> None:
        student = school.enter(MAYA, asked(school, activity))
        page = text_of(student)
        way = page.split('id="asked"')[1].split('href="')[1].split('"')[0]
        assert student.client.get(way.split("#")[0]).status_code == 200

    def test_teacher_and_test_student_see_it_without_a_way(self, school: School) -> None:
        template = asked(school)
        for human in (RIVERA, TEST_STUDENT):
            page = text_of(school.enter(human, template))
            assert "Do this in your plan" in page
            assert "plan/goals/new" not in page

    def test_what_only_a_newer_version_knows_is_a_reflection(self, school: School, toolbox: Toolbox) -> None:
        template = asked(school, "goal", ("question", "And then?"), ("source", ""))
        bare = asked(school, "steps")
        with toolbox.sessions() as session, session.begin():
            for key in (template, bare):
                session.get_one(ReflectionTemplate, key).activity = "fly_to_mars"
        maya = school.enter(MAYA, template)
        assert "Do this in your plan" not in text_of(maya)
        assert maya.post("reflection/submit", answer_q1="Then more.", revision_q1="0").status_code == 303
        maya = school.enter(MAYA, bare, link="link-2")
        assert maya.get("reflection").status_code == 200
        assert maya.post("reflection/submit").status_code == 400

    def test_pages_of_the_plan_from_elsewhere_lead_nowhere_back(self, app: Flask, school: School) -> None:
        assert "Back to the assignment" not in plan_of(app, school).get("plan/goals/new")


def maya_template(toolbox: Toolbox) -> str:
    with toolbox.sessions() as session:
        return str(session.scalars(select(ReflectionTemplate.id)).one())


def launch(school: School, human: Human, by: str, item: dict[str, Any], **claims: Any) -> Visitor:
    """Open a placed link of which the platform hands on the custom parameters, or the address alone."""
    if by == "custom":
        return school.enter(human, **{CLAIM + "custom": item["custom"], **claims})
    browser = Browser(school.app, school.platform)
    login = browser.login(target_link_uri=item["url"])
    place = {CLAIM + "resource_link": {"id": "link-1", "title": "From the address"}}
    said = browser.claims(login, **{**human.claims, **place, **claims})
    return Visitor(browser.client, page_of(browser.post(login, browser.platform.sign(said))), "en")


class TestLinks:
    def place(self, picker: Visitor, page: str, **changes: str) -> dict[str, Any]:
        (item,) = content_items(send(picker, "picker/place", choose(picker, f"page-{page}"), **changes))
        return item

    @pytest.mark.parametrize("page", ["my_plan", "my_class"])
    def test_placed_without_grade_and_template(self, picker: Visitor, toolbox: Toolbox, page: str) -> None:
        item = self.place(picker, page)
        assert item["custom"] == {"plp_page": page}
        assert item["url"].endswith(f"/lti/launch?plp_page={page}")
        assert "lineItem" not in item
        assert "submission" not in item
        with toolbox.sessions() as session:
            assert session.scalars(select(ReflectionTemplate)).all() == []

    @pytest.mark.parametrize("by", ["custom", "url"])
    @pytest.mark.parametrize("page", ["my_plan", "my_class"])
    def test_each_gets_to_the_page_that_is_theirs(
        self, school: School, picker: Visitor, toolbox: Toolbox, page: str, by: str
    ) -> None:
        item = self.place(picker, page)
        for human, address in ((MAYA, "plan"), (RIVERA, "students"), (DESIGNER, "students")):
            assert launch(school, human, by, item).page.endswith(f"/{address}"), human
        with toolbox.sessions() as session:
            (link,) = session.scalars(select(ResourceLink))
            assert (link.page, link.template_id) == (page, None)

    def test_neither_family_nor_test_student_gets_further(self, school: School, picker: Visitor) -> None:
        item = self.place(picker, "my_class")
        test = launch(school, TEST_STUDENT, "custom", item)
        assert test.page.endswith("/course")
        family = launch(school, FAMILY, "custom", item)
        for visitor in (test, family):
            assert visitor.get("students").status_code == 403
            assert visitor.get("plan").status_code == 403

    def test_once_opened_the_link_knows_its_page(self, school: School, picker: Visitor) -> None:
        item = self.place(picker, "my_plan")
        launch(school, RIVERA, "custom", item)
        assert school.enter(RIVERA).page.endswith("/students")

    @pytest.mark.parametrize("named", ["everything", "my_plan\x00", "", "my_plan " * 500])
    def test_a_page_that_there_is_not_is_ignored(self, school: School, toolbox: Toolbox, named: str) -> None:
        assert school.enter(RIVERA, **{CLAIM + "custom": {"plp_page": named}}).page.endswith("/course")
        with toolbox.sessions() as session:
            assert [one.page for one in session.scalars(select(ResourceLink))] == [""]

    def test_a_template_comes_before_a_page(self, school: School, toolbox: Toolbox) -> None:
        template = school.place()
        custom = {CLAIM + "custom": {"plp_template": template, "plp_page": "my_plan"}}
        assert school.enter(RIVERA, **custom).page.endswith("/review")
        with toolbox.sessions() as session:
            assert [one.page for one in session.scalars(select(ResourceLink))] == [""]

    def test_only_the_title_is_asked(self, picker: Visitor) -> None:
        page = choose(picker, "page-my_plan")
        text = page.get_data(as_text=True)
        assert 'id="questions"' not in text
        assert 'name="due"' not in text
        assert send(picker, "picker/place", page, title=" ").status_code == 400


class TestCopiedCourse:
    """A course that was copied brings the same custom parameters, or only the address, and new links."""

    @pytest.mark.parametrize("by", ["custom", "url"])
    def test_activity_and_page_work_at_once_and_nobody_s_work_comes_along(
        self, school: School, app: Flask, toolbox: Toolbox, by: str
    ) -> None:
        template = asked(school)
        planner = plan_of(app, school)
        planner.visitor = school.enter(MAYA, template)
        with planner.editor() as editor:
            editor.add("goal", {"statement": "Last year's"})
        assert planner.visitor.post("reflection/submit").status_code == 303
        item = {
            "custom": {"plp_template": template},
            "url": f"{toolbox.settings.public_origin}/lti/launch?plp_template={template}",
        }
        copied = {
            CLAIM + "context": {"id": "course-copy", "title": "English 9, next year"},
            CLAIM + "resource_link": {"id": "link-copy", "title": "Set a goal"},
        }
        copy = launch(school, MAYA, by, item, **copied)
        page = text_of(copy)
        assert "Write at least one new goal." in page
        assert "Last year&#39;s" not in page
        assert copy.post("reflection/submit").status_code == 400
        with toolbox.sessions() as session:
            assert len(session.scalars(select(Course)).all()) == 2
            assert len(session.scalars(select(Reflection)).all()) == 1


class TestPacks:
    def test_a_year_in_three_clicks(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = choose(picker, "pack-grades-7-8")
        assert "Put all 8 into English 9" in page.get_data(as_text=True)
        items = content_items(send(picker, "picker/place", page))
        assert len(items) == 8
        due = [item["submission"]["endDateTime"] for item in items]
        assert due == sorted(due)
        with toolbox.sessions() as session:
            kinds = [
                session.get_one(ReflectionTemplate, item["custom"]["plp_template"]).activity for item in items
            ]
        assert [kind for kind in kinds if kind != "reflection"] == [
            "profile",
            "goal",
            "steps",
            "evidence",
            "progress",
        ]

    def test_dates_follow_the_school_s_own_calendar(self, picker: Visitor, toolbox: Toolbox) -> None:
        today = toolbox.clock().date()
        with toolbox.sessions() as session, session.begin():
            tenant_id = session.scalars(select(Course.tenant_id)).first()
            ends = [today + timedelta(days=days) for days in (60, 120, 180)]
            session.add(
                SchoolYear(
                    tenant_id=tenant_id,
                    first_day=today + timedelta(days=1),
                    last_day=ends[-1],
                    periods=[
                        {"name": f"Trimester {n}", "ends_on": day.isoformat()}
                        for n, day in enumerate(ends, start=1)
                    ],
                    plans_due_on=None,
                )
            )
        page = choose(picker, "pack-quarterly")
        text = page.get_data(as_text=True)
        assert "No calendar of your school" not in text
        assert "moved to what is left" not in text
        basket = json.loads(field_of(page, "basket"))
        assert [one["title"] for one in basket] == [f"Quick check-in: Trimester {n}" for n in (1, 2, 3)]
        for one, end in zip(basket, ends, strict=True):
            assert timedelta(days=4) <= end - date.fromisoformat(one["due"][:10]) <= timedelta(days=6)

    def test_that_dates_moved_is_said(self, picker: Visitor, toolbox: Toolbox) -> None:
        today = toolbox.clock().date()
        with toolbox.sessions() as session, session.begin():
            tenant_id = session.scalars(select(Course.tenant_id)).first()
            session.add(
                SchoolYear(
                    tenant_id=tenant_id,
                    first_day=today - timedelta(days=200),
                    last_day=today + timedelta(days=60),
                    periods=[],
                    plans_due_on=None,
                )
            )
        page = choose(picker, "pack-start-small")
        assert "moved to what is left" in page.get_data(as_text=True)
        due = [date.fromisoformat(one["due"][:10]) for one in json.loads(field_of(page, "basket"))]
        assert all(today < day <= today + timedelta(days=60) for day in due)

    def test_each_can_be_changed_in_place_left_out_and_brought_back(self, picker: Visitor) -> None:
        page = choose(picker, "pack-start-small", time_zone="America/New_York")
        page = send(
            picker,
            "picker/drop",
            page,
            drop="0",
            basket_title_1="My first goal",
            basket_due_1="2027-01-15T15:30",
            basket_grading_1="points",
        )
        assert "“Build my profile” was set aside." in page.get_data(as_text=True)
        (one,) = json.loads(field_of(page, "basket"))
        assert one["title"] == "My first goal"
        back = send(picker, "picker/undo", page)
        assert form_of(back)["title"] == "Build my profile"
        items = content_items(send(picker, "picker/place", back))
        assert [item["title"] for item in items] == ["My first goal", "Build my profile"]
        assert items[0]["submission"]["endDateTime"] == "2027-01-15T20:30:00+00:00"
        assert items[0]["lineItem"]["scoreMaximum"] == 10

    def test_what_is_wrong_in_the_basket_is_said_beside_it(self, picker: Visitor, toolbox: Toolbox) -> None:
        page = choose(picker, "pack-start-small")
        answer = send(
            picker, "picker/place", page, basket_title_0=" ", basket_due_1="soon", basket_grading_1="stars"
        )
        text = answer.get_data(as_text=True)
        assert answer.status_code == 400
        for field in ("basket_title_0", "basket_due_1", "basket_grading_1"):
            assert f'<a href="#{field}">' in text
            assert f'id="{field}"' in text
        assert "1. Title: Please fill this in." in text
        assert 'value="soon"' in text
        with toolbox.sessions() as session:
            assert session.scalars(select(ReflectionTemplate)).all() == []

    def test_what_was_typed_is_set_aside_not_lost(self, picker: Visitor) -> None:
        page = choose(picker, "pack-start-small", title="My own title")
        assert form_of(send(picker, "picker/undo", page))["title"] == "My own title"

    def test_a_platform_that_takes_one_gets_one_after_the_other(self, school: School) -> None:
        picker = school.pick(accept_multiple=False)
        page = choose(picker, "pack-start-small")
        text = page.get_data(as_text=True)
        assert "takes one link at a time" in text
        assert "Put all" not in text
        page = send(picker, "picker/choose", page, chosen="pack-start-small:2")
        assert form_of(page)["title"] == "Set a goal in my plan"
        assert form_of(page)["due"]
        assert len(content_items(send(picker, "picker/place", page))) == 1

    def test_where_no_grades_are_kept_none_is_asked(self, school: School) -> None:
        picker = school.pick(accept_lineitem=False)
        page = choose(picker, "pack-grades-9-12")
        assert {one["grading"] for one in json.loads(field_of(page, "basket"))} == {"none"}
        assert all("lineItem" not in item for item in content_items(send(picker, "picker/place", page)))

    def test_the_basket_holds_twenty(self, picker: Visitor) -> None:
        page = choose(picker, "pack-grades-7-8")
        page = send(picker, "picker/choose", page, chosen="pack-grades-9-12")
        page = send(picker, "picker/choose", page, chosen="pack-grades-7-8")
        assert page.status_code == 400
        assert "No more than 20 things" in page.get_data(as_text=True)
        assert len(json.loads(field_of(page, "basket"))) == 16

    @pytest.mark.parametrize("chosen", ["pack-none", "pack-", "pack-start-small:99", "pack-start-small:x"])
    def test_what_is_no_pack(self, picker: Visitor, chosen: str) -> None:
        assert choose(picker, chosen).status_code == 200


class TestSharing:
    def share(self, picker: Visitor, kind: str = "pack-start-small", **changes: str) -> Any:
        typed = {"share_name": "Our first weeks", "share_about": "For advisories", "share_scope": "school"}
        return send(picker, "picker/share", choose(picker, kind), **{**typed, **changes})

    def key(self, toolbox: Toolbox) -> str:
        with toolbox.sessions() as session:
            return str(
                session.scalars(select(SharedTemplate.id).order_by(SharedTemplate.created_at)).all()[-1]
            )

    def test_a_colleague_uses_it_and_what_is_placed_names_its_version(
        self, school: School, picker: Visitor, toolbox: Toolbox
    ) -> None:
        assert "Shared. Your colleagues find it" in self.share(picker).get_data(as_text=True)
        haddad = school.pick(HADDAD)
        first = haddad.client.get(haddad.page).get_data(as_text=True)
        assert "Our first weeks" in first
        assert "Elena Rivera" in first
        page = choose(haddad, f"shared-{self.key(toolbox)}")
        items = content_items(send(haddad, "picker/place", page))
        assert [item["title"] for item in items] == ["Build my profile", "Set a goal in my plan"]
        assert all("endDateTime" in item["submission"] for item in items)
        with toolbox.sessions() as session:
            version = session.scalars(select(SharedTemplateVersion)).one()
            assert {row.shared_version_id for row in session.scalars(select(ReflectionTemplate))} == {
                version.id
            }
            # A place in the school year, no date of one year, and nothing of the teacher's course.
            assert all(item["due"] == "" and item["day"] >= 0 for item in version.items)

    def test_one_thing_fills_the_form(self, school: School, picker: Visitor, toolbox: Toolbox) -> None:
        self.share(picker, "project", title="After the robot")
        page = choose(school.pick(HADDAD), f"shared-{self.key(toolbox)}")
        assert form_of(page)["title"] == "After the robot"

    def test_a_new_version_changes_nothing_that_was_placed(
        self, school: School, picker: Visitor, toolbox: Toolbox
    ) -> None:
        page = self.share(picker, "project", title="Before")
        item = content_items(send(picker, "picker/place", page))[0]
        better = send(picker, "picker/improve", page, title="After", share_name="Better")
        assert "What was placed before stays as it was." in better.get_data(as_text=True)
        maya = school.enter(MAYA, item["custom"]["plp_template"])
        assert "<h1>Before</h1>" in text_of(maya)
        haddad = school.pick(HADDAD)
        page = choose(haddad, f"shared-{self.key(toolbox)}")
        assert form_of(page)["title"] == "After"
        assert "version 2" in page.get_data(as_text=True)
        assert "Keep it as version" not in page.get_data(as_text=True)
        assert send(haddad, "picker/improve", page, share_name="Mine").status_code == 403
        own = send(haddad, "picker/share", page, share_name="My own", share_scope="school")
        assert own.status_code == 200
        with toolbox.sessions() as session:
            rows = session.scalars(select(SharedTemplate).order_by(SharedTemplate.created_at)).all()
            assert {row.origin_id for row in rows} == {
                None,
                rows[0].id if rows[0].origin_id is None else rows[1].id,
            }

    def test_search_feedback_and_withdrawal(self, school: School, picker: Visitor, toolbox: Toolbox) -> None:
        mine = self.share(picker)
        haddad = school.pick(HADDAD)
        first = haddad.client.get(haddad.page)
        for words, is_found in (("weeks ADVISORIES", True), ("winter", False)):
            found = send(haddad, "picker/search", first, words=words).get_data(as_text=True)
            assert ("Our first weeks" in found) is is_found
        assert "Nothing found." in found
        page = choose(haddad, f"shared-{self.key(toolbox)}")
        empty = send(haddad, "picker/say", page, feedback=" ")
        assert empty.status_code == 400
        assert 'href="#feedback"' in empty.get_data(as_text=True)
        long = send(haddad, "picker/say", page, feedback="y" * 2001)
        assert "y" * 2001 in long.get_data(as_text=True)
        said = send(haddad, "picker/say", page, feedback="Two were <just> right.")
        assert "Two were &lt;just&gt; right." in said.get_data(as_text=True)
        shown = choose(picker, f"shared-{self.key(toolbox)}").get_data(as_text=True)
        assert "Two were &lt;just&gt; right." in shown
        assert "Omar Haddad" in shown
        assert send(haddad, "picker/withdraw", page).status_code == 403
        assert "Withdrawn." in send(picker, "picker/withdraw", mine).get_data(as_text=True)
        # Somebody who has it open goes on with what lies on the table.
        gone = send(haddad, "picker/search", page, words="weeks")
        assert gone.status_code == 200
        assert len(content_items(send(haddad, "picker/place", page))) == 2
        assert choose(haddad, f"shared-{self.key(toolbox)}").status_code == 404

    def test_what_cannot_be_shared_comes_back_as_it_was(self, picker: Visitor, toolbox: Toolbox) -> None:
        answer = self.share(picker, share_name=" ", share_about="x" * 2001, share_scope="world")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 400
        for field in ("share_name", "share_about", "share_scope"):
            assert f'<a href="#{field}">' in text
            assert f'id="{field}"' in text
        assert "x" * 2001 in text
        with toolbox.sessions() as session:
            assert session.scalars(select(SharedTemplate)).all() == []

    def test_nothing_is_no_template(self, picker: Visitor) -> None:
        page = send(picker, "picker/drop", choose(picker, "pack-start-small"), drop="0")
        page = send(picker, "picker/drop", page, drop="0")
        answer = send(picker, "picker/share", page, share_name="Nothing")
        assert answer.status_code == 400
        assert "Choose something to share first." in answer.get_data(as_text=True)

    def test_another_district_finds_what_is_for_everyone_without_a_name(
        self, school: School, picker: Visitor, toolbox: Toolbox
    ) -> None:
        self.share(picker, share_scope="everyone")
        self.share(picker, share_name="Only ours")
        with toolbox.sessions() as session, session.begin():
            # The author's people and templates go to another district; who comes now is of this one.
            from lti_plp.lms.models import Person, Tenant

            other = Tenant(name="Birch Lake", created_at=toolbox.clock())
            session.add(other)
            session.flush()
            for row in session.scalars(select(SharedTemplate)):
                row.tenant_id = other.id
            author = session.scalars(select(SharedTemplate.author_id)).first()
            stranger = Person(tenant_id=other.id, name="Nora Lind", created_at=toolbox.clock())
            session.add(stranger)
            session.flush()
            for row in session.scalars(select(SharedTemplate).where(SharedTemplate.author_id == author)):
                row.author_id = stranger.id
        haddad = school.pick(HADDAD)
        page = haddad.client.get(haddad.page).get_data(as_text=True)
        assert "Our first weeks" in page
        assert "Only ours" not in page
        assert "From another district" in page
        assert "Nora Lind" not in page

    def test_a_version_that_nobody_here_can_see_is_not_named(self, picker: Visitor, toolbox: Toolbox) -> None:
        for forged in ("99", "x", "-1", "9" * 30):
            items = content_items(send(picker, "picker/place", choose(picker, "project"), shared=forged))
            with toolbox.sessions() as session:
                row = session.get_one(ReflectionTemplate, items[0]["custom"]["plp_template"])
                assert row.shared_version_id is None

    def test_students_share_nothing(self, school: School) -> None:
        student = school.pick(MAYA)
        for path in ("search", "share", "improve", "withdraw", "say", "drop"):
            assert student.client.post(student.address(f"picker/{path}")).status_code in {401, 403}

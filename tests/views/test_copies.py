"""A copied course over HTTP: its links get questions of their own, its teacher is told, nobody's work comes along."""

import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework_models import Coursework
from lti_plp.lms.models import Course, Deployment, PlacedTemplate, ResourceLink
from lti_plp.plp.models import Reflection, ReflectionSubmission, ReflectionTemplate
from tests.fixtures_browser import run_axe
from tests.fixtures_tool import MovableClock, Register
from tests.launching import CLAIM, count
from tests.platform_server import PlatformServer
from tests.views.conftest import LEO, MAYA, RIVERA, TEST_STUDENT, Human, Open, School, Visitor
from tests.views.test_who_may import ODA

LONG_AGO = "What went well, and how do you know?"


class Years:
    """One course after the other, each copied from the one before."""

    def __init__(self, school: School, template: str) -> None:
        self.school = school
        self.template = template

    def enter(self, human: Human, year: int = 2, *history: str, **changes: Any) -> Visitor:
        """Open the copied link in a later year's course; the platform tells what it was copied from."""
        context = {"id": f"course-{year}", "title": f"English 9, year {year}"}
        told = ",".join(history or (f"course-{one}" for one in range(year - 1, 0, -1)))
        claims = {
            CLAIM + "custom": {"plp_template": self.template, "context_history": told},
            CLAIM + "context": context,
        }
        link = changes.pop("link", f"link-{year}")
        return self.school.enter(human, self.template, link=link, **{**claims, **changes})


@pytest.fixture
def template(school: School) -> str:
    return school.place(instructions="Take five minutes.")


@pytest.fixture
def years(school: School, template: str) -> Years:
    """Last year's course, with what Maya wrote there."""
    school.enter(RIVERA, template)
    maya = school.enter(MAYA, template)
    assert maya.save("q1", "My robot found the way out.").status_code == 200
    assert maya.post("reflection/submit").status_code == 303
    return Years(school, template)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def rows(toolbox: Toolbox, model: Any) -> list[Any]:
    with toolbox.sessions() as session:
        return list(session.scalars(select(model)))


def link_of(toolbox: Toolbox, name: str) -> ResourceLink:
    with toolbox.sessions() as session:
        return session.scalars(select(ResourceLink).where(ResourceLink.lti_resource_link_id == name)).one()


def entitled(link: str, title: str) -> dict[str, Any]:
    return {"link": link, CLAIM + "resource_link": {"id": link, "title": title}}


def save(visitor: Visitor, *asked: tuple[str, str], instructions: str = "") -> TestResponse:
    fields = [pair for key, text in asked for pair in (("key", key), ("question", text))]
    return visitor.post("review/copy/questions", *fields, instructions=instructions)


class TestCopy:
    def test_the_class_begins_anew(self, years: Years, toolbox: Toolbox) -> None:
        maya = years.enter(MAYA)
        assert "0 need you" in text_of(years.enter(RIVERA).get("review"))
        page = maya.get("reflection").get_data(as_text=True)
        assert LONG_AGO in page
        assert "robot" not in page
        assert maya.save("q1", "A second year.").status_code == 200
        first, second = link_of(toolbox, "link-1"), link_of(toolbox, "link-2")
        assert first.template_id == second.named_template == years.template
        assert second.template_id != years.template
        old, new = rows(toolbox, Reflection)
        assert (old.template_id, old.resource_link_id) == (years.template, first.id)
        assert (new.template_id, new.resource_link_id) == (second.template_id, second.id)
        (sent,) = rows(toolbox, ReflectionSubmission)
        assert sent.answers == {"q1": "My robot found the way out."}

    def test_it_is_coursework_of_its_own(self, years: Years, toolbox: Toolbox) -> None:
        years.enter(RIVERA)
        works = {one.source_id: one.course_id for one in rows(toolbox, Coursework)}
        assert set(works) == {str(link_of(toolbox, name).id) for name in ("link-1", "link-2")}
        assert len(set(works.values())) == 2

    def test_who_comes_later_finds_the_same(self, years: Years, toolbox: Toolbox) -> None:
        for human in (LEO, MAYA, RIVERA):
            years.enter(human)
            years.enter(human, link="duplicated-in-the-course")
        assert count(toolbox, ReflectionTemplate) == 2
        assert (
            link_of(toolbox, "duplicated-in-the-course").template_id == link_of(toolbox, "link-2").template_id
        )

    @pytest.mark.parametrize(
        "told", ["truncated", "timed out", "$Context.id.history", ",, ,course-1,", "x" * 300, "\0,\u00fc"]
    )
    def test_whatever_the_platform_tells(self, years: Years, toolbox: Toolbox, told: str) -> None:
        assert "Copied from English 9" in text_of(years.enter(RIVERA, 2, told).get("review"))
        assert count(toolbox, ReflectionTemplate) == 2

    def test_the_whole_history_is_walked(self, years: Years, toolbox: Toolbox) -> None:
        years.enter(RIVERA, 2)
        history = [*(f"gone-{number}" for number in range(900)), "course-2", "course-1", "truncated"]
        years.enter(RIVERA, 5, *history)
        place = next(
            one
            for one in rows(toolbox, PlacedTemplate)
            if one.template_id == link_of(toolbox, "link-5").template_id
        )
        assert place.copied_from == link_of(toolbox, "link-2").template_id

    def test_another_choice_for_a_copied_link_counts(
        self, years: Years, school: School, toolbox: Toolbox
    ) -> None:
        years.enter(RIVERA)
        copied = link_of(toolbox, "link-2").template_id
        years.template = school.place(title="Something else")
        years.enter(RIVERA)
        assert link_of(toolbox, "link-2").template_id not in {copied, years.template}
        assert link_of(toolbox, "link-2").named_template == years.template
        # What somebody has begun to answer stays.
        assert years.enter(MAYA).save("q1", "Words").status_code == 200
        chosen = link_of(toolbox, "link-2").template_id
        years.template = school.place(title="A third one")
        years.enter(RIVERA)
        assert link_of(toolbox, "link-2").template_id == chosen


class TestTeacher:
    def test_told_once_and_kept(self, years: Years, toolbox: Toolbox, clock: MovableClock) -> None:
        year = clock().year
        assert "Copied from" not in text_of(years.school.enter(RIVERA, years.template).get("review"))
        teacher = years.enter(RIVERA)
        assert f"Copied from English 9 ({year}). Keep it as it is Change the questions" in text_of(
            teacher.get("review")
        )
        assert "Copied from" in text_of(teacher.get("review"))
        assert teacher.post("review/copy/keep").status_code == 303
        page = text_of(teacher.get("review"))
        assert "Copied from" not in page
        # As long as nobody has begun they may still be changed.
        assert "Change the questions" in page
        kept = next(one for one in rows(toolbox, PlacedTemplate) if one.copied_from)
        assert teacher.post("review/copy/keep").status_code == 303
        again = next(one for one in rows(toolbox, PlacedTemplate) if one.copied_from)
        assert again.looked_over_at == kept.looked_over_at is not None

    def test_a_title_that_tells_the_year_tells_it_once(
        self, years: Years, toolbox: Toolbox, clock: MovableClock
    ) -> None:
        for title, words in (
            (f"English 9 ({clock().year})", f"Copied from English 9 ({clock().year}). Keep"),
            ("", f"Copied from another course ({clock().year}). Keep"),
        ):
            with toolbox.sessions.begin() as session:
                session.execute(update(Course).where(Course.lti_context_id == "course-1").values(title=title))
            assert words in text_of(years.enter(RIVERA).get("review"))

    def test_other_questions_change_nothing_of_last_years(self, years: Years, toolbox: Toolbox) -> None:
        teacher = years.enter(RIVERA)
        form = teacher.get("review/copy/questions").get_data(as_text=True)
        assert re.findall(r'name="key" value="([^"]*)"', form) == ["q1", "q2", "", ""]
        answer = save(
            teacher, ("q1", "What do you see?"), ("q2", ""), ("", "Who helped?"), instructions="Ten minutes."
        )
        assert answer.status_code == 303
        with toolbox.sessions() as session:
            new = session.get_one(ReflectionTemplate, link_of(toolbox, "link-2").template_id)
            old = session.get_one(ReflectionTemplate, years.template)
        assert [(one["key"], one["text"]) for one in new.questions] == [
            ("q1", "What do you see?"),
            ("q3", "Who helped?"),
        ]
        assert (new.instructions, old.instructions) == ("Ten minutes.", "Take five minutes.")
        assert old.questions[0]["text"] == LONG_AGO
        assert "Copied from" not in text_of(teacher.get("review"))
        assert "Who helped?" in text_of(years.enter(MAYA).get("reflection"))
        # The year after begins with what was changed.
        assert "Who helped?" in text_of(years.enter(MAYA, 3).get("reflection"))

    def test_once_somebody_has_begun_they_stay(self, years: Years, toolbox: Toolbox) -> None:
        teacher, maya = years.enter(RIVERA), years.enter(MAYA)
        assert maya.save("q1", "I am quick.").status_code == 200
        page = text_of(teacher.get("review"))
        assert "Copied from English 9" in page
        assert "Change the questions" not in page
        answer = save(teacher, ("q1", "Too late?"))
        assert answer.status_code == 409
        assert "A student has begun to answer" in text_of(answer)
        assert "Too late?" in text_of(answer)
        assert LONG_AGO in text_of(maya.get("reflection"))

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ([("q1", " "), ("q2", "")], "There has to be at least one question"),
            ([("", f"Question {number}") for number in range(21)], "twenty is the most"),
            ([("q1", "x" * 1001)], "too long"),
        ],
    )
    def test_what_is_wrong_changes_nothing(
        self, years: Years, toolbox: Toolbox, asked: list[tuple[str, str]], words: str
    ) -> None:
        answer = save(years.enter(RIVERA), *asked)
        assert answer.status_code == 400
        assert words in text_of(answer)
        for one in rows(toolbox, ReflectionTemplate):
            assert one.questions[0]["text"] == LONG_AGO

    def test_keys_that_are_none_or_come_twice(self, years: Years, toolbox: Toolbox) -> None:
        answer = save(years.enter(RIVERA), ("q2", "One"), ("q2", "Two"), ("plan", "Three"), ("", "Four"))
        assert answer.status_code == 303
        with toolbox.sessions() as session:
            new = session.get_one(ReflectionTemplate, link_of(toolbox, "link-2").template_id)
        assert [one["key"] for one in new.questions] == ["q2", "q3", "q4", "q5"]

    def test_what_was_placed_here_is_no_copy(self, years: Years) -> None:
        teacher = years.school.enter(RIVERA, years.template)
        for answer in (
            teacher.get("review/copy/questions"),
            teacher.post("review/copy/keep"),
            save(teacher, ("q1", "x")),
        ):
            assert answer.status_code == 404
            assert "This reflection is no copy" in text_of(answer)

    def test_students_have_nothing_to_do_with_it(self, years: Years, toolbox: Toolbox) -> None:
        for human in (MAYA, TEST_STUDENT):
            visitor = years.enter(human)
            assert "Copied from" not in text_of(visitor.get("reflection"))
            assert visitor.get("review/copy/questions").status_code == 403
            assert visitor.post("review/copy/keep").status_code == 403
            assert save(visitor, ("q1", "x")).status_code == 403
        assert all(one.looked_over_at is None for one in rows(toolbox, PlacedTemplate))

    def test_in_spanish(self, years: Years, clock: MovableClock) -> None:
        teacher = years.enter(RIVERA, locale="es")
        assert f"Copiada de English 9 ({clock().year}). Dejarla como está" in text_of(teacher.get("review"))


class TestElsewhere:
    @pytest.fixture
    def foreign(self, register: Register, app: Any, template: str) -> Any:
        """Another district's platform, to which somebody brought the course."""
        with PlatformServer() as platform:
            register(platform, "Elm Ridge")
            yield Years(School(app, platform), template)

    def test_it_is_not_resolved_and_says_what_to_do(self, foreign: Years, toolbox: Toolbox) -> None:
        for human in (RIVERA, MAYA):
            visitor = foreign.enter(human)
            page = visitor.get("review" if human is RIVERA else "reflection")
            assert page.status_code == 404
            assert "This was placed in another school" in text_of(page)
            assert LONG_AGO not in text_of(page)
        assert count(toolbox, ReflectionTemplate) == 1
        assert link_of(toolbox, "link-2").template_id is None

    def test_what_is_unknown_says_so(self, school: School) -> None:
        page = school.enter(RIVERA, str(uuid.uuid4())).get("review")
        assert page.status_code == 404
        assert "This link has no reflection" in text_of(page)

    def test_an_administrator_reads_what_to_mend(
        self, foreign: Years, toolbox: Toolbox, school: School, clock: MovableClock
    ) -> None:
        foreign.enter(RIVERA)
        foreign.enter(RIVERA, 3, link="link-3")
        foreign.template = str(uuid.uuid4())
        foreign.enter(RIVERA, 4, **entitled("unknown-1", "=Unknown"))
        foreign.template = "what is no UUID, of as many characters"[:36]
        foreign.enter(RIVERA, 4, **entitled("unknown-2", "Garbled"))
        with toolbox.sessions.begin() as session:
            session.execute(update(Course).where(Course.lti_context_id == "course-3").values(gone_at=clock()))
        oda = foreign.school.enter(ODA, link="course-1")
        page = text_of(oda.get("students/school/links"))
        assert "4 links were opened and showed nothing." in page
        assert "English 9, year 2 Elena Rivera Reflection" in page
        for words in ("in another school", "is not here, or no longer", "no longer has this course"):
            assert page.count(words) == 1
        listed = oda.get("students/school/links.csv").get_data(as_text=True).splitlines()
        assert len(listed) == 5
        assert "It was placed in another school" in listed[1]
        assert "The LMS no longer has this course" in listed[2]
        assert "'=Unknown" in "".join(listed)
        assert sum("What it stood for is not here" in line for line in listed) == 2
        # Another district's administrator learns nothing of it.
        here = school.enter(ODA, link="course-1")
        assert "Every link that was opened leads somewhere" in text_of(here.get("students/school/links"))
        assert len(here.get("students/school/links.csv").get_data(as_text=True).splitlines()) == 1

    def test_what_is_mended_leaves_the_list(self, foreign: Years, toolbox: Toolbox) -> None:
        foreign.enter(RIVERA)
        foreign.template = foreign.school.place()
        assert foreign.enter(RIVERA).get("review").status_code == 200
        oda = foreign.school.enter(ODA, link="course-1")
        assert "Every link that was opened leads somewhere" in text_of(oda.get("students/school/links"))

    def test_a_second_deployment_of_the_district_is_no_stranger(
        self, years: Years, toolbox: Toolbox, registration: Registration, clock: MovableClock
    ) -> None:
        with toolbox.sessions.begin() as session:
            first = session.scalars(select(Deployment)).one()
            session.add(
                Deployment(
                    registration_id=registration.id,
                    tenant_id=first.tenant_id,
                    lti_deployment_id="deployment-2",
                    status="active",
                    first_seen_at=clock(),
                )
            )
        visitor = years.enter(RIVERA, **{CLAIM + "deployment_id": "deployment-2"})
        assert "Copied from English 9" in text_of(visitor.get("review"))


class TestInBrowser:
    @pytest.mark.parametrize("width", [320, 1280])
    def test_everybody_can_use_the_pages(self, years: Years, open_page: Open, width: int) -> None:
        look = look_at(open_page(years.enter(RIVERA)), width)
        page = look("banner")
        page.get_by_role("link", name="Change the questions").click()
        expect(page.get_by_role("heading", name="Change the questions")).to_be_visible()
        look("questions")
        page.get_by_role("textbox", name="Question 1").fill("What do you see?")
        page.get_by_role("button", name="Save the questions").click()
        expect(page.get_by_role("heading", name="Quick check-in")).to_be_visible()
        expect(page.get_by_text("Copied from")).to_have_count(0)

    @pytest.mark.parametrize("width", [320, 1280])
    def test_and_the_report(self, school: School, open_page: Open, width: int) -> None:
        school.enter(RIVERA, str(uuid.uuid4()))
        page = open_page(school.enter(ODA, link="course-1"))
        page.goto(page.url.rsplit("/", 1)[0] + "/students/school/links")
        look_at(page, width)("report")
        expect(page.get_by_role("link", name="Download the list")).to_be_visible()


def look_at(page: Any, width: int) -> Callable[[str], Any]:
    page.set_viewport_size({"width": width, "height": 700})

    def look(name: str) -> Any:
        report = run_axe(page)
        assert not report.serious, f"{name}: {report}"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        return page

    return look

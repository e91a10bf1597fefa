"""Rules of last year's course on the teacher's page of its copy: what is offered, one click, and nobody without it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework, LeftRule, MappingRule
from lti_plp.lms.models import Course, Identity
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.growth.frameworks import publish
from lti_plp.plp.models import Rating
from tests.fixtures_browser import run_axe
from tests.launching import CLAIM, count
from tests.plp.growth.growing import draft
from tests.views.conftest import MAYA, RIVERA, Human, Open, School, Visitor

PAGE = "students/mapping"
FIRST, SECOND = "course-1", "course-2"
ESSAY = Work("essay", "Essay: communicates clearly", "points", Decimal(20))
DEBATE = Work("debate", "Debate", "points", Decimal(10))
BANDS = tuple(("start", one) for one in ("0", "30", "60", "90"))


class Years:
    """Last year's course with two rules, and its copy, to which the LMS has given the same work anew."""

    def __init__(self, app: Flask, school: School) -> None:
        self.box: Toolbox = app.extensions["lti_plp"]
        self.school, self.minute = school, 0
        self.enter(MAYA, FIRST)
        self.first = self.enter(RIVERA, FIRST)
        with self.box.sessions.begin() as session:
            tenant_id = session.scalars(select(Course.tenant_id)).one()
            publish(session, None, tenant_id, draft(), 0, self.box.clock())
        self.tell(FIRST, ESSAY, DEBATE)
        for number, work in enumerate((ESSAY, DEBATE), 1):
            proficiency = self.proficiency(number)
            form = {"work": str(number), "proficiency": proficiency, "do": "save"}
            assert self.first.post(PAGE, *BANDS, **form).status_code == 303, work.title

    def enter(self, human: Human, course: str, told: str = "", link: str = "", **claims: Any) -> Visitor:
        """Come through a course's menu, or by a link; the installation's own parameters tell of the copy."""
        said = {
            CLAIM + "context": {"id": course, "title": f"English 9 of {course}"},
            CLAIM + "custom": {"context_history": told},
        }
        return self.school.enter(human, link=link or course, **said | claims)

    def second(self, human: Human = RIVERA, locale: str = "en") -> Visitor:
        return self.enter(human, SECOND, FIRST, **{CLAIM + "launch_presentation": {"locale": locale}})

    def tell(self, context: str, *works: Work, score: str | None = None) -> None:
        """The LMS's whole answer about a course; with a score, Maya has it for the first of the works."""
        self.minute += 1
        now = self.box.clock() + timedelta(minutes=self.minute - 60)
        with self.box.sessions.begin() as session:
            course = session.scalars(select(Course).where(Course.lti_context_id == context)).one()
            maya = session.scalars(select(Identity.person_id).where(Identity.subject == MAYA.subject)).one()
            got = [WorkResult(works[0].source_id, maya, "graded", score=Decimal(score))] if score else []
            take(session, course, works, got, "canvas", now)

    def tell_copy(self, *works: Work, score: str | None = None) -> None:
        """The same work, which the LMS calls otherwise in the copy."""
        named = [replace(one, source_id=f"{one.source_id}-copied") for one in works or (ESSAY, DEBATE)]
        self.tell(SECOND, *named, score=score)

    def proficiency(self, work: int) -> str:
        found = re.search(r'proficiency=(\d+)">Communicates', html(self.first, f"{PAGE}?work={work}"))
        assert found
        return found.group(1)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.box.sessions() as session:
            yield session

    def rules(self) -> list[MappingRule]:
        """Those of the copy."""
        with self.reading() as session:
            return [
                one for one in session.scalars(select(MappingRule).order_by(MappingRule.id)) if one.id > 2
            ]


def html(visitor: Visitor, path: str = PAGE) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return unescape(answer.get_data(as_text=True))


def words(visitor: Visitor, path: str = PAGE) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html(visitor, path)))


def shown(visitor: Visitor) -> list[tuple[str, str]]:
    """The form's rules, all of them ticked."""
    page = html(visitor)
    fields = re.findall(r'name="(shown|rule)" value="(\d+:\d+)"', page)
    assert page.count('name="rule"') == len(re.findall(r'name="rule" value="[\d:]+" checked', page))
    return list(fields)


def shown_offers(visitor: Visitor) -> list[tuple[str, str]]:
    """Only what fits; what does not is listed by a form of its own."""
    fields = shown(visitor)
    ticked = {value for name, value in fields if name == "rule"}
    return [one for one in fields if one[1] in ticked]


@pytest.fixture
def years(app: Flask, school: School) -> Years:
    return Years(app, school)


class TestOneClick:
    def test_from_the_offer_to_levels(self, years: Years) -> None:
        years.second(MAYA)
        rivera = years.second()
        years.tell_copy(score="12")
        page = words(rivera)
        assert re.search(r"2 rules of English 9 of course-1 \(\d{4}\) fit here", page)
        assert "2 are about work with the same title and points" in page
        assert count(years.box, Rating) == 0
        assert years.rules() == []
        fields = shown(rivera)
        answer = rivera.post(f"{PAGE}/earlier", *fields, do="use")
        assert answer.status_code == 303
        assert [one.definition["starts"]["P"] for one in years.rules()] == ["60", "60"]
        assert count(years.box, Rating) == 1
        page = words(rivera, f"{PAGE}?done=used")
        assert "The levels of your students follow these rules now." in page
        assert re.search(r"version 1 of the rule · from English 9 of course-1 \(\d{4}\)", page)
        assert "fit here" not in page
        # The same form again, from a page that was open twice.
        assert rivera.post(f"{PAGE}/earlier", *fields, do="use").status_code == 303
        assert (len(years.rules()), count(years.box, Rating)) == (2, 1)

    def test_one_is_left_and_wanted_after_all(self, years: Years) -> None:
        rivera = years.second()
        years.tell_copy()
        fields = shown(rivera)
        ticked = [one for one in fields if one[0] == "rule"][1:]
        left = [one for one in fields if one[0] == "shown"] + ticked
        assert rivera.post(f"{PAGE}/earlier", *left, do="use").status_code == 303
        assert len(years.rules()) == 1
        page = words(rivera)
        assert "fits here" not in page
        assert "1 rule of an earlier course was left." in page
        assert rivera.post(f"{PAGE}/earlier", do="again").status_code == 303
        assert "1 rule of English 9 of course-1" in words(rivera)

    def test_all_are_left(self, years: Years) -> None:
        rivera = years.second()
        years.tell_copy()
        assert rivera.post(f"{PAGE}/earlier", *shown(rivera), do="leave").status_code == 303
        assert (years.rules(), count(years.box, LeftRule)) == ([], 2)
        assert "They are offered no more" in words(rivera, f"{PAGE}?done=leave")
        assert shown(rivera) == []

    def test_nothing_ticked_and_nothing_that_is_there_change_nothing(self, years: Years) -> None:
        rivera = years.second()
        years.tell_copy()
        fields = [one for one in shown(rivera) if one[0] == "shown"]
        answer = rivera.post(f"{PAGE}/earlier", *fields, do="use")
        assert answer.status_code == 400
        assert "Tick at least one rule" in answer.get_data(as_text=True)
        for strange in ("99999:1", "1:2", "x", "1", "99999999999999999999:1", ":", "1:1:1"):
            answer = rivera.post(f"{PAGE}/earlier", *fields, ("rule", strange), do="use")
            assert answer.status_code == 409, strange
            assert "Nothing is used yet." in answer.get_data(as_text=True)
        assert (years.rules(), count(years.box, LeftRule)) == ([], 0)

    def test_what_a_colleague_changed_last_year_is_shown_anew(self, years: Years) -> None:
        rivera = years.second()
        years.tell_copy()
        fields = shown(rivera)
        form = {"work": "1", "proficiency": years.proficiency(1), "do": "save"}
        other = tuple(("start", one) for one in ("0", "35", "70", "95"))
        assert years.first.post(PAGE, *other, **form).status_code == 303
        answer = rivera.post(f"{PAGE}/earlier", *fields, do="use")
        assert answer.status_code == 409
        assert 'value="1:2" checked' in answer.get_data(as_text=True)
        assert years.rules() == []

    def test_a_reflection_is_known_under_another_title(self, years: Years) -> None:
        template = years.school.place(title="Weekly reflection")
        with years.reading() as session:
            work = session.scalars(select(Coursework.id).where(Coursework.source == "reflection")).one()
        form = {"work": str(work), "proficiency": years.proficiency(work), "do": "save"}
        assert years.first.post(PAGE, *BANDS, **form).status_code == 303
        rivera = years.second()
        custom = {CLAIM + "custom": {"plp_template": template, "context_history": FIRST}}
        years.enter(RIVERA, SECOND, link="link-2", **custom)
        page = words(rivera)
        assert re.search(r"1 rule of [^.]+ fits here", page)
        # A link's own title is what the LMS calls it in the copy.
        assert "Reflection (there: Weekly reflection) shows" in page
        assert rivera.post(f"{PAGE}/earlier", *shown_offers(rivera), do="use").status_code == 303
        assert len([one for one in years.rules() if one.coursework_id != work]) == 1

    def test_in_spanish(self, years: Years) -> None:
        rivera = years.second(locale="es")
        years.tell_copy(ESSAY)
        page = words(rivera)
        assert "1 regla de English 9 of course-1" in page
        assert "Usar estas reglas" in page
        assert "1 regla del curso anterior no encaja con nada aquí" in page


class TestWhatIsNotHere:
    def test_it_is_listed_and_offered_as_soon_as_it_comes(self, years: Years) -> None:
        rivera = years.second()
        page = words(rivera)
        assert "2 rules of the earlier course fit nothing here" in page
        assert "not here, not yet, or here twice" in page
        years.tell_copy(ESSAY)
        page = words(rivera)
        assert "1 rule of English 9 of course-1" in page
        assert "1 rule of the earlier course fits nothing here" in page
        years.tell_copy(ESSAY, replace(DEBATE, points=Decimal(50)))
        assert "1 rule of the earlier course fits nothing here" in words(rivera)
        years.tell_copy()
        assert "fits nothing here" not in words(rivera)

    def test_nothing_more_is_said_of_it(self, years: Years) -> None:
        rivera = years.second()
        assert rivera.post(f"{PAGE}/earlier", *shown(rivera), do="leave").status_code == 303
        assert "nothing here" not in words(rivera)


class TestWhoTellsOfTheCopy:
    def test_a_link_that_somebody_placed_tells_nothing(self, years: Years) -> None:
        """Whoever places a link writes its parameters, and would read the titles of a colleague's course."""
        rivera = years.enter(RIVERA, SECOND, FIRST, link="link-9")
        years.tell_copy()
        assert "fit here" not in words(rivera)
        assert "nothing here" not in words(rivera)
        with years.reading() as session:
            told = {one.lti_context_id: one.copied_from for one in session.scalars(select(Course))}
        assert told == {FIRST: "", SECOND: ""}

    def test_a_course_that_was_here_before_the_platform_told(self, years: Years) -> None:
        years.enter(RIVERA, SECOND)
        years.tell_copy()
        rivera = years.second()
        assert "fit here" in words(rivera)
        # A launch that does not tell takes nothing back.
        assert "fit here" in words(years.enter(RIVERA, SECOND))

    def test_thirty_launches_at_once(self, years: Years, app: Flask) -> None:
        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda _: years.second(), range(30)))
        years.tell_copy()
        with years.reading() as session:
            courses = session.scalars(select(Course).where(Course.lti_context_id == SECOND)).all()
        assert [one.copied_from for one in courses] == [FIRST]
        assert len({tuple(shown(one)) for one in found[::10]}) == 1
        assert years.rules() == []


class TestInBrowser:
    @pytest.mark.parametrize("width", [320, 1280])
    @pytest.mark.parametrize("locale", ["en", "es"])
    def test_everybody_can_use_it(self, years: Years, open_page: Open, width: int, locale: str) -> None:
        rivera = years.second(locale=locale)
        years.tell_copy(ESSAY)
        page = open_page(rivera)
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(page.url.rsplit("/", 1)[0] + f"/{PAGE}")
        expect(page.locator(".earlier-rules")).to_be_visible()
        check(page)
        page.locator("#not-here summary").click()
        check(page)
        page.locator('.earlier-rules button[value="use"]').click()
        expect(page.locator(".earlier-rules")).to_have_count(0)
        expect(page.get_by_role("status").first).to_be_visible()
        check(page)
        assert len(years.rules()) == 1

    def test_by_keyboard_one_is_unticked(self, years: Years, open_page: Open) -> None:
        rivera = years.second()
        years.tell_copy()
        page = open_page(rivera)
        page.goto(page.url.rsplit("/", 1)[0] + f"/{PAGE}")
        page.get_by_role("checkbox", name="Debate").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name="Use these rules").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 rule of an earlier course was left.")).to_be_visible()
        assert len(years.rules()) == 1


def check(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)

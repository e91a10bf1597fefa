"""Every page, in both languages: its name, its language, one heading, one main action, nothing from elsewhere."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

import lti_plp.views
from lti_plp.launch.toolbox import Toolbox
from tests.factories import traced
from tests.views.conftest import (
    FAMILY,
    LEO,
    MAYA,
    RIVERA,
    STRANGER,
    TEST_STUDENT,
    Human,
    School,
    picked,
    questions,
)

SPANISH = {"en": False, "es": True}


def name_of(page: str) -> str:
    found = re.search(r'<body data-page="(\w+)"', page)
    assert found, page
    return found.group(1)


def reflection(school: School, locale: str) -> TestResponse:
    return visit(school, MAYA, locale)


def visit(school: School, human: Human, locale: str, path: str = "") -> TestResponse:
    visitor = school.enter(human, school.place(locale=locale), locale)
    return visitor.get(path) if path else visitor.client.get(visitor.page)


def sent(school: School, locale: str) -> TestResponse:
    visitor = school.enter(MAYA, school.place(locale=locale), locale)
    visitor.post("reflection/submit", answer_q1="It went well.", revision_q1="0")
    return visitor.get("reflection")


def review(school: School, locale: str) -> TestResponse:
    template = school.place(locale=locale)
    student = school.enter(MAYA, template, locale)
    student.post("reflection/submit", answer_q1="It went well.", revision_q1="0")
    teacher = school.enter(RIVERA, template, locale)
    link = re.search(r'href="(/s/[^"]+/review/\d+)"', teacher.get("review").get_data(as_text=True))
    assert link
    return teacher.client.get(link.group(1))


PAGES: dict[str, tuple[str, Callable[[School, str], TestResponse]]] = {
    "writing": ("reflection", reflection),
    "sent": ("reflection", sent),
    "preview": ("reflection", lambda school, locale: visit(school, RIVERA, locale, "reflection")),
    "class": ("class", lambda school, locale: visit(school, RIVERA, locale)),
    "review": ("review", review),
    "picker": ("picker", lambda school, locale: (v := school.pick(locale=locale)).client.get(v.page)),
    "course of a teacher": ("course", lambda school, locale: visit(school, RIVERA, locale, "course")),
    "course of a student": ("course", lambda school, locale: visit(school, MAYA, locale, "course")),
    "picker with problems": (
        "picker",
        lambda school, locale: school.pick(locale=locale).post(
            "picker/place", *questions(2), **picked(title="", editing="1", basket="[]")
        ),
    ),
    "visitor": ("visitor", lambda school, locale: visit(school, STRANGER, locale)),
    "error": ("error", lambda school, locale: visit(school, FAMILY, locale)),
}


@pytest.mark.parametrize("locale", SPANISH)
@pytest.mark.parametrize("which", PAGES)
def test_page(school: School, which: str, locale: str) -> None:
    name, ask = PAGES[which]
    page = ask(school, locale).get_data(as_text=True)
    assert name_of(page) == name
    assert f'<html lang="{locale}">' in page
    title = re.search(r"<title>([^<]+)</title>", page)
    assert title
    assert title.group(1).strip()
    assert len(re.findall(r"<h1[ >]", page)) == 1
    main_actions = set(re.findall(r'class="button primary"[^>]*>\s*([^<]+)', page))
    # The step buttons and the last page's button of a reflection are never seen together.
    assert len(main_actions) <= (2 if name == "reflection" else 1), main_actions
    # Words of the frame of each page: they differ between the languages.
    if name != "error":
        assert (">Ayuda<" in page) is SPANISH[locale]


@pytest.mark.parametrize("which", PAGES)
def test_page_asks_nothing_of_other_hosts_and_holds_no_inline_code(school: School, which: str) -> None:
    page = PAGES[which][1](school, "en").get_data(as_text=True)
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', page)
    assert loaded
    assert all(address.startswith(("/static/", "data:")) for address in loaded), loaded
    assert not re.search(r"<[a-z][^>]*\s(?:style|on[a-z]+)=", page)
    scripts = re.findall(r"<script[^>]*>", page)
    assert all("nonce=" in tag for tag in scripts), scripts


@pytest.mark.parametrize("which", PAGES)
def test_headings_follow_each_other(school: School, which: str) -> None:
    page = PAGES[which][1](school, "en").get_data(as_text=True)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    for before, after in pairwise(levels):
        assert after <= before + 1, levels


@pytest.mark.parametrize("which", ["writing", "class", "review", "picker"])
def test_every_field_has_a_label(school: School, which: str) -> None:
    page = PAGES[which][1](school, "en").get_data(as_text=True)
    fields = re.findall(
        r'<(?:textarea|select|input(?! type="(?:hidden|radio|checkbox)"))[^>]*\sid="([^"]+)"', page
    )
    assert fields or which == "class"
    for field in fields:
        assert f'for="{field}"' in page, field


def test_family_and_strangers_are_told_kindly(school: School) -> None:
    template = school.place()
    for human in (FAMILY, STRANGER):
        visitor = school.enter(human, template)
        for path in ("reflection", "review", "course"):
            answer = visitor.get(path)
            page = answer.get_data(as_text=True)
            assert answer.status_code == 403, (human, path)
            assert name_of(page) == "error"
            assert "<textarea" not in page


def test_test_student_sees_a_preview(school: School) -> None:
    visitor = school.enter(TEST_STUDENT, school.place())
    page = visitor.client.get(visitor.page).get_data(as_text=True)
    assert "Nothing you type here is saved." in page
    assert visitor.save("q1", "Only trying.").status_code == 403


def test_link_of_the_course_menu_leads_to_the_course(school: School) -> None:
    student = school.enter(MAYA, school.place())
    # What no student has begun may not be published yet, and is listed for its teachers only.
    assert "Quick check-in" not in student.get("course").get_data(as_text=True)
    student.save("q1", "Begun.")
    for human in (MAYA, RIVERA):
        visitor = school.enter(human, link="menu")
        # A student's way leads to the plan first.
        answer = visitor.get("course")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert name_of(page) == "course"
        link = re.search(r'<h2><a href="([^"]+)">Quick check-in</a>', page)
        assert link
        assert visitor.client.get(link.group(1)).status_code == 200


def test_another_course_s_reflection_is_not_to_be_had(school: School) -> None:
    from tests.launching import CLAIM

    template = school.place()
    school.enter(MAYA, template)
    elsewhere: dict[str, Any] = {CLAIM + "context": {"id": "course-2", "title": "Art"}}
    stranger = school.enter(RIVERA, template, link="link-2", **elsewhere)
    assert stranger.get("links/1/review").status_code == 404
    assert stranger.get("links/2/review").status_code == 200


class TestQueries:
    """Pages take few questions to the database, however many rows there are."""

    @pytest.fixture
    def count(self, toolbox: Toolbox) -> Callable[[Callable[[], TestResponse]], int]:
        def count_of(ask: Callable[[], TestResponse]) -> int:
            with traced(toolbox.engine) as seen:
                assert ask().status_code == 200
            return len(seen)

        return count_of

    def test_student(self, school: School, count: Callable[[Callable[[], TestResponse]], int]) -> None:
        visitor = school.enter(MAYA, school.place())
        visitor.save("q1", "A word.")
        assert count(lambda: visitor.get("reflection")) <= 8

    def test_class_and_review(
        self, school: School, count: Callable[[Callable[[], TestResponse]], int]
    ) -> None:
        template = school.place()
        teacher = school.enter(RIVERA, template)
        few = count(lambda: teacher.get("review"))
        for human in (MAYA, LEO, *(Human(f"more-{n}", f"Student{n}", "Extra") for n in range(8))):
            student = school.enter(human, template)
            student.post("reflection/submit", answer_q1="Well.", revision_q1="0")
        assert count(lambda: teacher.get("review")) == few <= 8
        link = re.search(r'href="(/s/[^"]+/review/\d+)"', teacher.get("review").get_data(as_text=True))
        assert link
        address = link.group(1)
        assert count(lambda: teacher.client.get(address)) <= 9


def test_every_download_works_without_cookies() -> None:
    """A link that the browser follows by itself carries no token: the page's script fetches the file."""
    pages = Path(lti_plp.views.__file__).parent / "templates"
    links = [
        one
        for page in pages.rglob("*.html")
        for one in re.findall(r"<a\b[^>]*\bdownload\b[^>]*>", page.read_text())
    ]
    assert len(links) >= 4
    assert [one for one in links if "data-download=" not in one] == []

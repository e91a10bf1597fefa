"""A student looks through her own coursework and takes it as evidence, several pieces at once."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from lti_plp.lms.coursework_models import Coursework, CourseworkResult, EvidenceSource
from lti_plp.lms.gateway import HandedInFile
from lti_plp.lms.sent import Sent
from lti_plp.plp.models import Evidence
from tests.factories import counted
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views.conftest import LEO, School
from tests.views.coursework import TITLE, Gradebook
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def works(planner: Planner) -> dict[str, int]:
    with planner.reading() as (session, _):
        return {row.title: row.id for row in session.scalars(select(Coursework))}


def pieces(planner: Planner) -> list[Evidence]:
    with planner.reading() as (session, _):
        return list(session.scalars(select(Evidence).where(Evidence.medium == "lms").order_by(Evidence.id)))


def test_several_are_taken_for_one_goal(maya: Planner) -> None:
    ids = fill(maya)
    Gradebook(maya).tell("16")
    page = maya.get("plan/coursework")
    assert TITLE in page
    assert "16 of 20" in page
    number = works(maya)[TITLE]
    answer = maya.visitor.post(
        "plan/coursework", ("work", str(number)), goal_ids=str(ids["goal"]), reason="I planned it myself"
    )
    assert answer.status_code == 303
    (made,) = pieces(maya)
    assert (made.title, made.reason) == (TITLE, "I planned it myself")
    assert "16 of 20 points" in made.text
    with maya.reading() as (session, _):
        source = session.scalars(select(EvidenceSource)).one()
        assert source.evidence_id == made.id
        result = session.get_one(CourseworkResult, source.result_id)
        assert str(result.score) == "16.0000"
    assert "in my plan" in maya.get("plan/coursework")


def test_what_was_taken_stays_when_the_grade_changes(maya: Planner) -> None:
    ids = fill(maya)
    gradebook = Gradebook(maya)
    gradebook.tell("10")
    number = str(works(maya)[TITLE])
    maya.visitor.post("plan/coursework", ("work", number), goal_ids=str(ids["goal"]))
    gradebook.tell("16")
    assert "10 of 20 points" in pieces(maya)[0].text
    assert "16 of 20" in maya.get("plan/coursework")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"goal_ids": "1"}, "Choose the work that you want to show"),
        ({"work": "1"}, "Choose what it is about"),
    ],
)
def test_what_is_missing_is_told_and_nothing_lost(maya: Planner, form: dict[str, str], words: str) -> None:
    ids = fill(maya)
    Gradebook(maya).tell("16")
    named = {"goal_ids": str(ids["goal"]), "work": str(works(maya)[TITLE])}
    answer = maya.visitor.post("plan/coursework", reason="Because", **{name: named[name] for name in form})
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert words in page
    assert "Because</textarea>" in page
    assert pieces(maya) == []


@pytest.mark.parametrize("work", ["999", "0", "-1", "99999999999999999999", "x"])
def test_work_that_is_not_there(maya: Planner, work: str) -> None:
    ids = fill(maya)
    answer = maya.visitor.post("plan/coursework", ("work", work), goal_ids=str(ids["goal"]))
    assert answer.status_code in {400, 404}
    assert pieces(maya) == []


def test_somebody_elses_result_is_nobodys_evidence(maya: Planner, app: Flask, school: School) -> None:
    fill(maya)
    Gradebook(maya).tell("16")
    leo = plan_of(app, school, LEO)
    ids = fill(leo)
    number = str(works(maya)[TITLE])
    assert "16 of 20" not in leo.get("plan/coursework")
    answer = leo.visitor.post("plan/coursework", ("work", number), goal_ids=str(ids["goal"]))
    assert answer.status_code == 404
    assert pieces(leo) == []


def files(*names: str) -> Sent:
    made = tuple(HandedInFile(str(number), name, 187_000, "text/plain") for number, name in enumerate(names))
    return Sent("files", made, len(made))


def told(planner: Planner) -> str:
    """What the page says of what was handed in, without tags."""
    found = re.search(
        r'class="sent[^>]*>(.*?)</(?:div|p|details)>', planner.get("plan/coursework"), re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


class TestWhatWasHandedIn:
    def test_files_by_name_and_size(self, maya: Planner) -> None:
        Gradebook(maya).tell("16", sent=files("robot.pdf", "plan.odt"))
        assert told(maya) == "robot.pdf 183 KB plan.odt 183 KB"
        assert '<details class="sent' not in maya.get("plan/coursework")

    def test_more_than_three_are_folded_away(self, maya: Planner) -> None:
        Gradebook(maya).tell(None, sent=replace(files("a.pdf", "b.pdf", "", "d.pdf"), count=9))
        assert '<details class="sent more"><summary>Handed in: 9 files' in maya.get("plan/coursework")
        assert "b.pdf 183 KB A file 183 KB" in told(maya)
        assert told(maya).endswith("and 5 more")

    @pytest.mark.parametrize(
        ("size", "words"), [(0, ""), (1, "1 KB"), (1024, "1 KB"), (1025, "2 KB"), (7_600_000, "7 MB")]
    )
    def test_sizes(self, maya: Planner, size: int, words: str) -> None:
        Gradebook(maya).tell("16", sent=Sent("files", (HandedInFile("1", "a.pdf", size),), 1))
        assert told(maya) == f"a.pdf {words}".strip()

    def test_a_name_is_text_and_keeps_its_direction_to_itself(self, maya: Planner) -> None:
        Gradebook(maya).tell("16", sent=files("<img src=x onerror=alert(1)>.pdf"))
        page = maya.get("plan/coursework")
        assert "<bdi>&lt;img src=x onerror=alert(1)&gt;.pdf</bdi>" in page

    @pytest.mark.parametrize(
        ("kind", "english", "spanish"),
        [
            ("text", "Handed in: a text", "Entregado: un texto"),
            ("link", "Handed in: a link", "Entregado: un enlace"),
            ("recording", "Handed in: a recording", "Entregado: una grabación"),
        ],
    )
    def test_without_files(self, app: Flask, school: School, kind: str, english: str, spanish: str) -> None:
        maya = plan_of(app, school)
        Gradebook(maya).tell(None, sent=Sent(kind))
        assert told(maya) == english
        assert told(plan_of(app, school, locale="es")) == spanish

    def test_where_nothing_is_told_nothing_is_said(self, maya: Planner) -> None:
        Gradebook(maya).tell("16")
        assert 'class="sent' not in maya.get("plan/coursework")

    def test_it_is_nobody_elses(self, maya: Planner, app: Flask, school: School) -> None:
        Gradebook(maya).tell("16", sent=files("robot.pdf"))
        assert "robot.pdf" not in plan_of(app, school, LEO).get("plan/coursework")


@pytest.mark.journey
@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_files_in_a_browser(
    app: Flask,
    school: School,
    address: str,
    browser_context_factory: BrowserContextFactory,
    width: int,
    locale: str,
) -> None:
    maya = plan_of(app, school, locale=locale)
    fill(maya)
    Gradebook(maya).tell(
        "16", sent=files(f"{'a very long name ' * 6}{'n' * 40}.pdf", "b.pdf", "c.pdf", "d.pdf")
    )
    page = maya.open(browser_context_factory, address, "plan/coursework", width=width, height=800)
    name = page.get_by_text("b.pdf")
    expect(name).to_be_hidden()
    page.locator("details.sent summary").press("Enter")
    expect(name).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report = run_axe(page)
    assert not report.serious, str(report)


def test_as_many_statements_for_many_as_for_one(maya: Planner, app: Flask) -> None:
    fill(maya)
    gradebook = Gradebook(maya)
    gradebook.tell("16")
    with counted(maya.toolbox.engine) as few:
        maya.get("plan/coursework")
    with maya.reading() as (session, _):
        work = session.scalars(select(Coursework)).one()
        facts = {
            "course_id": work.course_id,
            "source": work.source,
            "grading": "points",
            "read_at": work.read_at,
        }
        session.add_all(
            Coursework(source_id=f"more-{number}", title=f"More {number}", parts=[], url="", **facts)
            for number in range(30)
        )
        session.commit()
    with counted(maya.toolbox.engine) as many:
        maya.get("plan/coursework")
    assert len(many) == len(few)

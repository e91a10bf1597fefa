"""The page on which grades become levels, and what a student's pages say of them."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.lms.coursework_models import MappingRule, MappingRuleVersion, StepWork
from lti_plp.plp.models import Evidence, Rating
from tests.views import conftest as pages
from tests.views.conftest import RIVERA, School
from tests.views.coursework import TITLE, Gradebook
from tests.views.plans import Planner, fill, plan_of

school = pages.school


class Class:
    """Maya with a plan, her teacher, and the LMS between them."""

    def __init__(self, app: Flask, school: School) -> None:
        self.maya = plan_of(app, school)
        self.ids = fill(self.maya)
        self.rivera = plan_of(app, school, RIVERA)
        self.gradebook = Gradebook(self.maya)

    def page(self, planner: Planner, path: str) -> str:
        """A page's words."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", planner.get(path))))

    def proficiency(self) -> str:
        """The id of the first one that can be rated, as the form offers it."""
        found = re.search(
            r'proficiency=(\d+)">Communicates clearly', self.rivera.get("students/mapping?work=1")
        )
        assert found
        return found.group(1)

    def rules(self) -> list[MappingRule]:
        """All that there are."""
        with self.maya.reading() as (session, _):
            return list(session.scalars(select(MappingRule).order_by(MappingRule.id)))


@pytest.fixture
def there(app: Flask, school: School) -> Class:
    return Class(app, school)


def send(there: Class, do: str, *fields: tuple[str, str], **form: str) -> tuple[int, str]:
    answer = there.rivera.visitor.post(
        "students/mapping",
        *fields,
        work="1",
        proficiency=form.pop("proficiency") if "proficiency" in form else there.proficiency(),
        do=do,
        **form,
    )
    return answer.status_code, unescape(answer.get_data(as_text=True))


def bands(*starts: str) -> tuple[tuple[str, str], ...]:
    return tuple(("start", one) for one in starts)


def test_nothing_to_say_anything_of(app: Flask, school: School) -> None:
    rivera = plan_of(app, school, RIVERA)
    assert "Work stands here as soon as" in rivera.get("students/mapping")


def test_saved_changed_ended(there: Class) -> None:
    there.gradebook.tell("14")
    assert send(there, "save", *bands("0", "35", "70", "85"))[0] == 303
    assert send(there, "save", *bands("0", "", "50", ""))[0] == 303
    (rule,) = there.rules()
    assert (rule.version, rule.definition["starts"]) == (2, {"B": "0", "P": "50"})
    teacher = there.rivera.actor(RIVERA).person_id
    with there.maya.reading() as (session, _):
        versions = session.scalars(select(MappingRuleVersion).order_by(MappingRuleVersion.number)).all()
        assert [(one.number, one.made_by) for one in versions] == [(1, teacher), (2, teacher)]
    assert "version 2 of the rule" in there.page(there.rivera, "students/mapping")
    assert there.rivera.visitor.post(f"students/mapping/{rule.id}/end").status_code == 303
    assert there.rules()[0].ended_at is not None
    with there.maya.reading() as (session, _):
        values = [None if one is None else int(one) for one in session.scalars(select(Rating.value))]
        assert values == [3, 3, None]


def test_tried_and_not_kept(there: Class) -> None:
    there.gradebook.tell("3")
    status, page = send(there, "try", *bands("0", "10", "90", "95"))
    assert status == 200
    assert 'value="10"' in page
    row = re.search(r"<tr><th scope=\"row\">Maya Torres</th>(.*?)</tr>", page, re.DOTALL)
    assert row
    assert "3 of 20" in row.group(1)
    assert "Developing" in row.group(1)
    assert there.rules() == []


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        (("0", "x", "", ""), "A percentage is a number from 0 to 100."),
        (("0", "120", "", ""), "A percentage lies between 0 and 100."),
        (("", "20", "", ""), "The lowest level begins at 0 percent."),
        (("0", "50", "40", ""), "Each level begins higher than the one before it."),
        (("", "", "", ""), "Something in the rule does not fit."),
    ],
)
@pytest.mark.parametrize("do", ["try", "save"])
def test_what_does_not_fit_comes_back_as_it_was_typed(
    there: Class, starts: tuple[str, ...], words: str, do: str
) -> None:
    there.gradebook.tell("14")
    status, page = send(there, do, *bands(*starts))
    assert status == 400
    assert words in page
    assert all(f'value="{one}"' in page for one in starts if one)
    assert there.rules() == []


def test_no_proficiency_is_asked_for(there: Class) -> None:
    there.gradebook.tell("14")
    status, page = send(there, "save", proficiency="")
    assert (status, "Choose what the work shows." in page) == (400, True)
    assert send(there, "save", proficiency="999")[0] == 404


def test_letters(there: Class) -> None:
    there.gradebook.tell(None, "letter", "B-")
    page = there.page(there.rivera, f"students/mapping?work=1&proficiency={there.proficiency()}")
    assert "letters" in page
    assert re.search(r"Maya Torres B- Proficient", page)
    rows = (("from", "B-"), ("to", "E"), ("from", "C"), ("to", ""))
    assert send(there, "save", *rows)[0] == 303
    assert there.rules()[0].definition["words"] == {"B-": "E", "C": ""}
    assert "At least one of them" in send(there, "save", ("from", "A"), ("to", ""))[1]


def tie(there: Class, **form: str) -> int:
    return there.maya.visitor.post(f"plan/steps/{there.ids['soon']}/coursework", work="1", **form).status_code


def test_a_step_tells_where_its_grade_comes_from(there: Class) -> None:
    there.gradebook.tell("14")
    send(there, "save", *bands("0", "35", "70", "85"))
    assert tie(there, when=f"level:{there.proficiency()}:P") == 303
    step, goal = f"plan/steps/{there.ids['soon']}", f"plan/goals/{there.ids['goal']}"
    page = there.page(there.maya, step)
    assert "14 of 20 · Proficient · Reached" in page
    for words in (
        "English 9, Canvas",
        "by your teacher’s rule, version 1",
        "Proficient: I make myself understood.",
    ):
        assert words in page
    assert "1 of them by a grade in a course; it follows when the grade changes." in there.page(
        there.maya, goal
    )
    assert "because of a grade in a course" in there.page(there.maya, "plan/history")
    there.gradebook.tell("2")
    page = there.page(there.maya, step)
    assert "2 of 20 · Beginning · Not yet" in page
    assert "Before: 14 of 20" in page
    assert "by a grade in a course" not in there.page(there.maya, goal)


def test_what_a_step_cannot_be(there: Class) -> None:
    there.gradebook.tell("14")
    answer = there.maya.visitor.post(
        f"plan/steps/{there.ids['soon']}/coursework", work="1", when="share", share="lots"
    )
    assert answer.status_code == 303
    assert "work_problem=1" in answer.location
    assert tie(there, when="luck") == 303
    assert tie(there, when="level:x:") == 303
    with there.maya.reading() as (session, _):
        assert session.scalars(select(StepWork)).all() == []
    assert "This does not fit" in there.page(there.maya, f"plan/steps/{there.ids['soon']}?work_problem=1")


def test_untied_and_kept_as_evidence(there: Class) -> None:
    there.gradebook.tell("14")
    tie(there, when="submitted")
    step = f"plan/steps/{there.ids['soon']}"
    assert there.maya.visitor.post(f"{step}/coursework/1/evidence", reason="I planned it").status_code == 303
    with there.maya.reading() as (session, _):
        kept = session.scalars(select(Evidence).where(Evidence.medium == "lms")).one()
        assert (kept.title, kept.reason) == (TITLE, "I planned it")
        assert kept.text.startswith(f"{TITLE}: 14 of 20 points. English 9, 20")
    assert there.maya.visitor.post(f"{step}/coursework/1/end").status_code == 303
    assert "It is not this work" not in there.page(there.maya, step)

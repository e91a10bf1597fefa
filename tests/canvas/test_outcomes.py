"""Outcomes of Canvas become frameworks as Canvas has them: all that there is, or nothing."""

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from lti_plp.adapters import gateways
from lti_plp.canvas.models import CanvasApi
from lti_plp.canvas.rich_texts import text_in
from lti_plp.lms.coursework_reading import address_of
from lti_plp.lms.gateway import GatewayProblem, OutcomesAnswer, Refused, TryLater
from lti_plp.lms.models import Course
from lti_plp.plp.growth.case_reading import read_package
from lti_plp.plp.growth.case_writing import write_package
from lti_plp.plp.growth.draft_files import read_draft, write_draft
from lti_plp.plp.growth.drafts import DraftProblems, FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import differences, publish, read_tree
from lti_plp.plp.models import Framework, FrameworkVersion
from tests.canvas.conftest import Classroom
from tests.factories import NOON

RATINGS = [
    {"description": "Exceeds", "points": 4},
    {"description": "Meets", "points": 3},
    {"description": "Near", "points": 2},
    {"description": "Below", "points": 1},
]


def outcome(classroom: Classroom, title: str = "Argue", **values: Any) -> int:
    """An outcome of the course."""
    facts = {"title": title, "course": classroom.number, "ratings": RATINGS, **values}
    made: int = classroom.canvas.control("outcomes", facts)["outcome"]
    return made


def group(classroom: Classroom, title: str, **values: Any) -> int:
    made: int = classroom.canvas.control(
        "outcome_groups", {"title": title, "course": classroom.number, **values}
    )["group"]
    return made


def answer_of(classroom: Classroom, person_id: int = 0) -> OutcomesAnswer:
    with classroom.sessions() as session:
        course = address_of(session.get_one(Course, classroom.school.course_id))
        way = gateways(classroom.toolbox)(session, classroom.school.deployment_id)
    return way.read_outcomes(course, person_id or classroom.teacher.person_id)


def draft_of(classroom: Classroom, place: str = "course") -> FrameworkDraft:
    """The framework that the course, or the account, would become."""
    (found,) = (one for one in answer_of(classroom).drafts if f":{place}:" in one.guid)
    return found


def items_of(classroom: Classroom, place: str = "course") -> dict[str, ItemDraft]:
    """Title -> item; an outcome's title is its statement or its code."""
    return {one.code or one.statement: one for one in draft_of(classroom, place).items}


def publish_it(classroom: Classroom, expected: int = 0) -> int:
    """Publish what the course has now; the version's number."""
    draft = draft_of(classroom)
    with classroom.sessions.begin() as session:
        made = publish(session, None, classroom.school.tenant_id, draft, expected, NOON)
        return made.version


@pytest.fixture
def home(classroom: Classroom) -> str:
    """What names of the stand-in's outcomes begin with."""
    return f"canvas:{classroom.canvas.url.removeprefix('http://')}"


class TestItems:
    def test_groups_are_headings_and_outcomes_have_their_scale(self, classroom: Classroom, home: str) -> None:
        talking = group(classroom, "Talking")
        deeper = group(classroom, "In front of people", parent=talking)
        group(classroom, "Nobody filled this")
        argue = outcome(
            classroom, group=deeper, description="<p>Gives <b>reasons</b></p>", display_name="Reasons"
        )
        listen = outcome(classroom, "Listen", vendor_guid="VT.1")
        draft = draft_of(classroom)
        assert (draft.guid, draft.source) == (f"{home}:course:{classroom.number}", "lms")
        assert draft.origin == classroom.canvas.url
        items = {one.code or one.statement: one for one in draft.items}
        assert list(items) == ["Talking", "In front of people", "Argue", "Listen"]
        heading = items["In front of people"]
        assert (heading.kind, heading.scale, heading.parent) == ("area", None, items["Talking"].guid)
        told = items["Argue"]
        assert (told.guid, told.parent) == (f"{home}:outcome:{argue}", heading.guid)
        assert (told.code, told.statement, told.student_text) == ("Argue", "Gives reasons", "Reasons")
        assert (items["Listen"].guid, items["Listen"].parent) == ("VT.1", None)
        assert items["Listen"].extra["extensions"]["canvas"]["outcome"] == f"{home}:outcome:{listen}"
        assert told.scale is not None
        assert [(one.code, one.label, one.value) for one in told.scale.levels] == [
            ("B", "Below", Decimal(1)),
            ("N", "Near", Decimal(2)),
            ("M", "Meets", Decimal(3)),
            ("E", "Exceeds", Decimal(4)),
        ]
        assert [one.meets for one in told.scale.levels] == [False, False, True, False]

    def test_the_first_that_reaches_mastery_meets(self, classroom: Classroom) -> None:
        outcome(classroom, mastery_points=2.5)
        scale = items_of(classroom)["Argue"].scale
        assert scale is not None
        assert [one.label for one in scale.levels if one.meets] == ["Meets"]

    def test_long_words_of_a_level_are_kept_for_students(self, classroom: Classroom) -> None:
        words = "Explains with reasons of her own, and answers what others say against it, calmly"
        outcome(classroom, ratings=[{"description": words, "points": 3}, {"description": "", "points": 0}])
        scale = items_of(classroom)["Argue"].scale
        assert scale is not None
        lowest, highest = scale.levels
        assert (lowest.label, lowest.student_text) == ("0", "")
        assert highest.label == f"{words[:59]}…"
        assert highest.student_text == words

    def test_an_account_scale_is_everybodys(self, classroom: Classroom) -> None:
        outcome(classroom, ratings=RATINGS[:2])
        classroom.canvas.control("proficiency", {"for_all_outcomes": True})
        try:
            scale = items_of(classroom)["Argue"].scale
        finally:
            classroom.canvas.control("proficiency/clear")
        assert scale is not None
        assert [one.label for one in scale.levels][::4] == ["Well Below Mastery", "Exceeds Mastery"]
        assert [one.label for one in scale.levels if one.meets] == ["Mastery"]

    def test_an_outcome_without_ratings_takes_the_mastery_scale(self, classroom: Classroom) -> None:
        bare = outcome(classroom)
        links = f"/api/v1/courses/{classroom.number}/outcome_group_links"
        told = {"id": bare, "title": "Argue", "mastery_points": None, "ratings": []}
        body = [{"outcome": told, "outcome_group": {"id": 1}}]
        classroom.canvas.control("proficiency", {"course": classroom.number})
        classroom.fault("status", f"{links}*", times=1, status=200, body=body)
        try:
            scale = items_of(classroom)["Argue"].scale
        finally:
            classroom.canvas.control("proficiency/clear")
        assert scale is not None
        assert [one.label for one in scale.levels if one.meets] == ["Mastery"]

    def test_what_no_scale_can_hold_is_named_all_of_it(self, classroom: Classroom) -> None:
        first = outcome(classroom, ratings=RATINGS[:1])
        second = outcome(classroom, "Twice", ratings=[*RATINGS, {"description": "Also", "points": 4}])
        third = outcome(classroom, "Never", mastery_points=9)
        with pytest.raises(DraftProblems) as found:
            draft_of(classroom)
        assert {(one.where, one.code) for one in found.value.problems} == {
            (f"Argue ({first})", "too_few"),
            (f"Twice ({second})", "number_twice"),
            (f"Never ({third})", "none_meets"),
        }

    def test_two_that_share_a_vendors_name(self, classroom: Classroom, home: str) -> None:
        outcome(classroom, "First", vendor_guid="VT.1")
        second = outcome(classroom, "Second", vendor_guid="VT.1")
        items = items_of(classroom)
        assert [items[one].guid for one in ("First", "Second")] == ["VT.1", f"{home}:outcome:{second}"]

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ("<p>One</p><p>two</p>", "One two"),
            ("a &lt;b&gt; &amp; c<script>alert(1)</script>", "a <b> & c"),
            ("<p>unfinished", "unfinished"),
            ("nul\x00byte", "nulbyte"),
            (None, ""),
        ],
    )
    def test_descriptions_are_text(self, said: Any, words: str) -> None:
        assert text_in(said) == words


class TestCalculation:
    @pytest.mark.parametrize(
        ("said", "number", "way"),
        [
            (None, None, ("highest", None)),
            ("decaying_average", 65, ("weighted_average", Decimal(65))),
            ("standard_decaying_average", 70, ("decaying_average", Decimal(70))),
            ("n_mastery", 3, ("n_mastery", Decimal(3))),
            ("n_mastery", 40, ("n_mastery", None)),
            ("latest", 65, ("latest", None)),
        ],
    )
    def test_as_canvas_does(self, classroom: Classroom, said: Any, number: Any, way: Any) -> None:
        outcome(classroom, calculation_method=said, calculation_int=number)
        (found,) = draft_of(classroom).ways
        assert (found.method, found.parameter, found.count) == (*way, 1)

    def test_the_most_common_one_goes_first(self, classroom: Classroom) -> None:
        outcome(classroom, calculation_method="latest")
        for title in ("B", "C"):
            outcome(classroom, title, calculation_method="average")
        assert [(one.method, one.count) for one in draft_of(classroom).ways] == [
            ("average", 2),
            ("latest", 1),
        ]


class TestPlaces:
    def test_the_accounts_come_once_and_for_themselves(self, classroom: Classroom, home: str) -> None:
        shared = outcome(classroom, f"Shared {classroom.number}", course=None, linked_in=[classroom.number])
        outcome(classroom)
        account = items_of(classroom, "account")
        assert account[f"Shared {classroom.number}"].guid == f"{home}:outcome:{shared}"
        assert set(items_of(classroom)) == {"Argue"}

    @pytest.mark.parametrize("status", [401, 403, 404])
    def test_an_account_that_may_not_be_read_is_left_out(self, classroom: Classroom, status: int) -> None:
        title = f"Shared {classroom.number}"
        outcome(classroom, title, course=None, linked_in=[classroom.number])
        classroom.fault("status", "/api/v1/accounts/*", times=5, status=status)
        answer = answer_of(classroom)
        assert answer.school_is_closed
        (draft,) = answer.drafts
        assert [one.statement for one in draft.items] == [title]
        classroom.canvas.control("path_faults/clear")
        assert not answer_of(classroom).school_is_closed

    def test_nothing_at_all(self, classroom: Classroom) -> None:
        assert [one for one in answer_of(classroom).drafts if ":course:" in one.guid] == []


class TestWhoMayRead:
    def test_an_administrators_own_permission_goes_first(self, classroom: Classroom) -> None:
        outcome(classroom)
        classroom.allow("alex", classroom.students["sam"])
        with classroom.sessions.begin() as session:
            session.delete(classroom.grant(classroom.teacher))
        answer = answer_of(classroom, classroom.students["sam"].person_id)
        assert any(":course:" in one.guid for one in answer.drafts)

    def test_else_a_teachers(self, classroom: Classroom) -> None:
        outcome(classroom)
        assert answer_of(classroom, classroom.students["sam"].person_id).drafts

    def test_nobody_has_allowed_it(self, classroom: Classroom) -> None:
        with classroom.sessions.begin() as session:
            session.delete(classroom.grant(classroom.teacher))
        with pytest.raises(Refused, match="no_consent"):
            answer_of(classroom)

    def test_without_an_api_key_there_are_none(self, classroom: Classroom) -> None:
        with classroom.sessions.begin() as session:
            session.delete(session.get_one(CanvasApi, classroom.school.deployment_id))
        with pytest.raises(Refused, match="not_offered"):
            answer_of(classroom)


class TestBrokenAnswers:
    @pytest.mark.parametrize("what", ["outcome_groups", "outcome_group_links", "outcome_proficiency"])
    @pytest.mark.parametrize(
        ("kind", "facts", "code"),
        [("drop", {}, "no_answer"), ("status", {"status": 500}, "fault_there"), ("html", {}, "bad_answer")],
    )
    def test_a_page_that_fails_fails_all(
        self, classroom: Classroom, what: str, kind: str, facts: dict[str, Any], code: str
    ) -> None:
        outcome(classroom)
        classroom.fault(kind, f"/api/v1/courses/*/{what}*", times=9, **facts)
        with pytest.raises(TryLater, match=code):
            answer_of(classroom)
        assert classroom.places() == 0

    @pytest.mark.parametrize("body", [[{"outcome": 1}], [{"outcome": {"id": 1}, "outcome_group": {}}], {}])
    def test_what_is_no_list_of_outcomes(self, classroom: Classroom, body: Any) -> None:
        classroom.fault("status", "/api/v1/courses/*/outcome_group_links*", times=9, status=200, body=body)
        with pytest.raises(GatewayProblem, match="bad_answer"):
            answer_of(classroom)

    def test_many_pages(self, classroom: Classroom) -> None:
        for number in range(103):
            outcome(classroom, f"Skill {number:03}")
        items = draft_of(classroom).items
        assert [one.statement for one in items] == [f"Skill {number:03}" for number in range(103)]


class TestAgain:
    def test_the_same_again_is_the_same(self, classroom: Classroom) -> None:
        outcome(classroom, group=group(classroom, "Talking"))
        assert publish_it(classroom) == 1
        assert publish_it(classroom, 1) == 1
        with classroom.sessions() as session:
            assert differences(session, classroom.school.tenant_id, draft_of(classroom)).is_same
            assert session.scalar(select(func.count()).select_from(FrameworkVersion)) == 1

    def test_what_changed_is_told_and_the_old_stays(self, classroom: Classroom) -> None:
        argue = outcome(classroom)
        publish_it(classroom)
        outcome(classroom, "Listen")
        links = f"/api/v1/courses/{classroom.number}/outcome_group_links"
        told = {"id": argue, "title": "Argue", "mastery_points": 2, "ratings": RATINGS}
        other = {"id": argue + 1, "title": "Listen", "mastery_points": 3, "ratings": RATINGS}
        body = [{"outcome": one, "outcome_group": {"id": 1}} for one in (told, other)]
        classroom.fault("status", f"{links}*", times=1, status=200, body=body)
        draft = draft_of(classroom)
        with classroom.sessions.begin() as session:
            found = differences(session, classroom.school.tenant_id, draft)
            assert [one.statement for one in found.added] == ["Listen"]
            assert [after.statement for _, after in found.reworded] == ["Argue"]
            made = publish(session, None, classroom.school.tenant_id, draft, 1, NOON)
            before, after = read_tree(session, made, 1), read_tree(session, made)
            assert [one.id for one in before.rated] == [after.rated[0].id]
            framework = session.scalars(select(Framework)).one()
            assert framework.version == 2


def test_it_goes_out_as_case_and_comes_back(classroom: Classroom) -> None:
    outcome(classroom, group=group(classroom, "Talking"), description="<p>Gives reasons</p>")
    publish_it(classroom)
    with classroom.sessions() as session:
        tree = read_tree(session, session.scalars(select(Framework)).one())
        package = write_package(session, tree, "https://plp.example.org")
    again = read_package(json.dumps(package).encode(), "framework.json")
    before = draft_of(classroom)
    assert [(one.guid, one.parent, one.statement) for one in again.items] == [
        (one.guid, one.parent, one.statement) for one in before.items
    ]
    told = [one.extra.get("extensions") for one in again.items if one.scale]
    assert told == [one.extra["extensions"] for one in before.items if one.scale]


def test_a_draft_comes_back_as_it_was_written(classroom: Classroom) -> None:
    outcome(classroom, group=group(classroom, "Talking"), calculation_method="n_mastery", calculation_int=3)
    draft = draft_of(classroom)
    again = read_draft(write_draft(draft))
    assert again == draft
    assert again.digest == draft.digest

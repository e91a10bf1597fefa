"""Learning outcomes of the stand-in LMS's REST interface, field by field."""

from typing import Any

import pytest

from lti_plp.sandbox.outcomes import rolled_up
from tests.sandbox.canvas import Api, Canvas

RATINGS = [
    {"description": "Exceeds", "points": 4.0},
    {"description": "Meets", "points": 3.0},
    {"description": "Near", "points": 2.0},
    {"description": "Below", "points": 1.0},
]


@pytest.fixture(scope="module")
def teacher(canvas: Canvas) -> Api:
    return canvas.api("rivera")


@pytest.fixture(scope="module")
def outcome(canvas: Canvas) -> int:
    made: int = canvas.control(
        "outcomes",
        {
            "title": "HS-PS1-2",
            "display_name": "Analyze data",
            "description": "<p>From data to claims</p>",
            "vendor_guid": "NGSS.HS-PS1-2",
            "calculation_method": "decaying_average",
            "calculation_int": 65,
            "ratings": RATINGS,
            "linked_in": [1],
        },
    )["outcome"]
    return made


@pytest.fixture(scope="module")
def lab(canvas: Canvas, outcome: int) -> int:
    """An assignment whose rubric stands for the outcome; Maya was assessed."""
    criterion = {"id": "_4521", "points": 4.0, "outcome_id": outcome, "vendor_guid": "NGSS.HS-PS1-2"}
    made = canvas.assignment(rubric={"criteria": [criterion]})
    said = {"_4521": {"points": 3.0, "rating_id": "blank_2", "comments": ""}}
    canvas.control(
        f"assignments/{made}/grade",
        {"person": "maya", "score": 18, "rubric": said, "at": "2026-03-04T10:00:00Z"},
    )
    return made


def test_outcome(teacher: Api, outcome: int, lab: int) -> None:
    assert teacher.read(f"outcomes/{outcome}") == {
        "id": outcome,
        "context_id": 1,
        "context_type": "Account",
        "vendor_guid": "NGSS.HS-PS1-2",
        "display_name": "Analyze data",
        "title": "HS-PS1-2",
        "url": f"/api/v1/outcomes/{outcome}",
        "can_edit": False,
        "has_updateable_rubrics": False,
        "description": "<p>From data to claims</p>",
        "friendly_description": None,
        "calculation_method": "decaying_average",
        "calculation_int": 65,
        "points_possible": 4.0,
        "mastery_points": 3,
        "ratings": RATINGS,
        "assessed": True,
    }


def test_a_rubrics_criterion_says_which_outcome_it_is(teacher: Api, outcome: int, lab: int) -> None:
    criterion = teacher.read(f"courses/1/assignments/{lab}")["rubric"][0]
    assert (criterion["outcome_id"], criterion["vendor_guid"]) == (outcome, "NGSS.HS-PS1-2")


def test_results(canvas: Canvas, teacher: Api, outcome: int, lab: int) -> None:
    maya = canvas.person_id("maya")
    asked = {"user_ids[]": maya, "include[]": ["outcomes", "outcomes.alignments", "alignments", "users"]}
    told = teacher.read("courses/1/outcome_results", asked)
    (row,) = told["outcome_results"]
    assert row["mastery"] is True
    assert (row["score"], row["possible"], row["percent"]) == (3.0, 4.0, 0.75)
    assert row["submitted_or_assessed_at"] == "2026-03-04T10:00:00Z"
    assert row["links"]["user"] == str(maya)
    assert row["links"]["learning_outcome"] == str(outcome)
    assert row["links"]["alignment"] == f"assignment_{lab}"
    linked = told["linked"]
    assert (linked["outcomes"][0]["id"], linked["outcomes"][0]["alignments"]) == (
        outcome,
        [f"assignment_{lab}"],
    )
    assert linked["alignments"] == [
        {
            "id": f"assignment_{lab}",
            "name": "Lab report 1",
            "html_url": f"{canvas.url}/courses/1/assignments/{lab}",
        }
    ]
    assert linked["users"][0]["sortable_name"] == "Torres, Maya"


def test_a_result_of_what_is_no_assignment(canvas: Canvas) -> None:
    number = canvas.control("courses", {"title": "Practice", "label": "P", "students": ["maya"]})["course"]
    talk = canvas.control("outcomes", {"title": "Talk", "course": number})["outcome"]
    stub = canvas.assignment("Not told", course=number, published=False)
    facts = {"outcome": talk, "assignment": stub, "person": "maya", "score": 2}
    canvas.control("outcome_results", {**facts, "alignment": {"id": "quiz_12", "name": "Practice quiz"}})
    told = canvas.api("alex").read(f"courses/{number}/outcome_results", {"include[]": ["alignments"]})
    (row,) = told["outcome_results"]
    assert (row["links"]["alignment"], row["links"]["assignment"]) == ("quiz_12", None)
    assert told["linked"]["alignments"] == [
        {"id": "quiz_12", "name": "Practice quiz", "html_url": f"{canvas.url}/courses/{number}"}
    ]


def test_rollups_have_a_row_for_each_section(canvas: Canvas, teacher: Api, outcome: int, lab: int) -> None:
    maya = canvas.person_id("maya")
    sections = [
        canvas.control("courses/1/sections", {"name": name, "people": ["maya"]})["section"] for name in "AB"
    ]
    told = teacher.read("courses/1/outcome_rollups", {"user_ids[]": maya, "include[]": ["outcomes", "users"]})
    assert [one["links"]["section"] for one in told["rollups"]] == [str(one) for one in sections]
    for one in told["rollups"]:
        assert one["links"]["user"] == str(maya)
        assert one["scores"] == [
            {
                "score": 3.0,
                "title": "Lab report 1",
                "submitted_at": "2026-03-04T10:00:00Z",
                "count": 1,
                "hide_points": False,
                "links": {"outcome": str(outcome)},
            }
        ]
    assert told["linked"]["users"][0]["id"] == str(maya)
    everybody = teacher.read("courses/1/outcome_rollups", {"per_page": 2})["rollups"]
    assert len({one["links"]["user"] for one in everybody}) == 2
    some = teacher.read("courses/1/outcome_rollups", {"exclude[]": "missing_user_rollups"})["rollups"]
    assert {one["links"]["user"] for one in some} == {str(maya)}


def test_rollups_of_a_course(canvas: Canvas, teacher: Api, outcome: int, lab: int) -> None:
    canvas.control(
        "outcome_results",
        {"outcome": outcome, "assignment": lab, "person": "leo", "score": 2, "hidden": True},
    )
    asked = {"aggregate": "course", "aggregate_stat": "median"}
    (course,) = teacher.read("courses/1/outcome_rollups", asked)["rollups"]
    assert course["scores"] == [{"score": 3.0, "count": 1, "links": {"outcome": str(outcome)}}]
    (course,) = teacher.read("courses/1/outcome_rollups", {**asked, "include_hidden": 1})["rollups"]
    assert course["scores"][0]["score"] == 2.5
    assert teacher.get("courses/1/outcome_rollups", {"aggregate": "school"}).status_code == 400


def test_students_and_families_see_only_their_own(canvas: Canvas, outcome: int, lab: int) -> None:
    maya, leo = canvas.person_id("maya"), canvas.person_id("leo")
    for person in ("maya", "ana"):
        api = canvas.api(person)
        for path in ("courses/1/outcome_results", "courses/1/outcome_rollups"):
            assert api.get(path, {"user_ids[]": maya}).status_code == 200
            assert api.get(path, {"user_ids[]": leo}).status_code == 401
            assert api.get(path).status_code == 401


def test_unknown_people_and_outcomes(canvas: Canvas, teacher: Api, outcome: int) -> None:
    path = "courses/1/outcome_results"
    assert teacher.get(path, {"user_ids[]": canvas.person_id("rivera")}).status_code == 400
    assert teacher.get(path, {"outcome_ids[]": 999}).status_code == 400
    assert teacher.get("outcomes/999").status_code == 404


def test_groups_and_links(canvas: Canvas, teacher: Api, outcome: int) -> None:
    root = teacher.read("courses/1/root_outcome_group")
    assert root["parent_outcome_group"] is None
    group = canvas.control("outcome_groups", {"title": "Writing", "course": 1})["group"]
    own = canvas.control("outcomes", {"title": "Claims", "course": 1, "group": group})["outcome"]
    told = {one["id"]: one for one in teacher.read("courses/1/outcome_groups")}
    assert told[group]["parent_outcome_group"]["id"] == root["id"]
    assert told[group]["context_type"] == "Course"
    assert [one["id"] for one in teacher.read(f"courses/1/outcome_groups/{root['id']}/subgroups")] == [group]
    (link,) = teacher.read(f"courses/1/outcome_groups/{group}/outcomes")
    assert (link["outcome"]["id"], link["outcome_group"]["id"]) == (own, group)
    assert "ratings" not in link["outcome"]
    full = teacher.read("courses/1/outcome_group_links", {"outcome_style": "full"})
    assert {one["outcome"]["id"] for one in full} == {outcome, own}
    assert all(len(one["outcome"]["ratings"]) > 1 for one in full)
    assert [one["outcome"]["id"] for one in teacher.read("accounts/1/outcome_group_links")] == [outcome]
    assert canvas.api("maya").get("accounts/1/outcome_groups").status_code == 401


def test_alignments(canvas: Canvas, teacher: Api, outcome: int, lab: int) -> None:
    (one,) = teacher.read("courses/1/outcome_alignments")
    assert (one["learning_outcome_id"], one["assignment_id"], one["title"]) == (outcome, lab, "Lab report 1")
    maya = canvas.api("maya")
    assert maya.get("courses/1/outcome_alignments").status_code == 401
    assert (
        maya.get("courses/1/outcome_alignments", {"student_id": canvas.person_id("maya")}).status_code == 200
    )


def test_scales(canvas: Canvas, teacher: Api, outcome: int) -> None:
    missing = teacher.get("courses/1/outcome_proficiency")
    assert (missing.status_code, list(missing.json())) == (404, ["message"])
    canvas.control("proficiency")
    ratings = teacher.read("courses/1/outcome_proficiency")["ratings"]
    assert ratings == teacher.read("accounts/1/outcome_proficiency")["ratings"]
    assert [(one["points"], one["color"], one["mastery"]) for one in ratings] == [
        (4, "127A1B", False),
        (3, "00AC18", True),
        (2, "FAB901", False),
        (1, "FD5D10", False),
        (0, "EE0612", False),
    ]
    two = [
        {"description": "Yes", "points": 1, "mastery": True, "color": "00AC18"},
        {"description": "No", "points": 0, "mastery": False, "color": "EE0612"},
    ]
    canvas.control("proficiency", {"course": 1, "ratings": two})
    assert teacher.read("courses/1/outcome_proficiency")["ratings"] == two
    assert len(teacher.read(f"outcomes/{outcome}")["ratings"]) == 4
    canvas.control("proficiency", {"for_all_outcomes": True})
    told = teacher.read(f"outcomes/{outcome}")
    assert (len(told["ratings"]), told["mastery_points"], told["points_possible"]) == (5, 3, 4)
    canvas.control("proficiency/clear")


@pytest.mark.parametrize(
    ("method", "number", "scores", "expected"),
    [
        ("highest", None, [2, 4, 3], 4),
        (None, None, [2, 4, 3], 4),
        ("latest", None, [2, 4, 3], 3),
        ("average", None, [2, 4, 3], 3),
        ("decaying_average", 65, [2, 4, 3], 3 * 0.65 + 3 * 0.35),
        ("decaying_average", 75, [4], 4),
        ("standard_decaying_average", 50, [2, 4, 3], 3),
        ("n_mastery", 2, [2, 4, 3], 3.5),
        ("n_mastery", 3, [2, 4, 3], None),
        ("latest", None, [], None),
    ],
)
def test_methods(method: Any, number: Any, scores: list[float], expected: float | None) -> None:
    assert rolled_up(method, number, scores, 3) == expected

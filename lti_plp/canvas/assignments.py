"""Assignments and submissions of Canvas in our own words (its API documentation of these two names)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from lti_plp.canvas.entries import needed_number, number_in
from lti_plp.lms.gateway import TryLater
from lti_plp.lms.work import Part, PartLevel, Work, WorkResult, outcome_name, points_of
from lti_plp.plp.texts import storable

GRADINGS = {
    "points": "points",
    "percent": "percent",
    "letter_grade": "letter",
    "gpa_scale": "letter",
    "pass_fail": "complete",
    "not_graded": "none",
}
"""Canvas's ``grading_type`` -> ours. A percentage has a score in points as well, out of the assignment's points."""

LONGEST = 1000


def work_of(entry: Mapping[str, Any], own_host: str, home: str) -> Work | None:
    """Return an assignment; ``None`` for one that no student can see, or that opens this tool.

    What is written in a placed reflection is known here already, and more of it. ``home`` is what names of outcomes
    begin with.

    :raise TryLater: ``bad_answer`` when it is no assignment.
    """
    number, name = needed_number(entry, "id"), entry.get("name")
    if not isinstance(name, str):
        raise TryLater("bad_answer")
    if entry.get("published") is False or _opens(entry, own_host):
        return None
    return Work(
        source_id=number,
        title=storable(name).strip()[:LONGEST],
        grading=GRADINGS.get(str(entry.get("grading_type")), "none"),
        points=points_of(entry.get("points_possible")),
        due_at=moment_of(entry.get("due_at")),
        url=address_of(entry.get("html_url")),
        parts=_parts(entry.get("rubric"), home),
    )


def result_of(entry: Mapping[str, Any], works: Mapping[str, Work]) -> list[WorkResult]:
    """Return what a submission says of the whole assignment, and of each criterion of its rubric.

    A grade that is not posted is no grade yet: the student does not see it in Canvas, so nobody sees it here. Nothing
    is returned of assignments that are not among ``works``.

    :raise TryLater: ``bad_answer`` when it is no submission.
    """
    number, user = needed_number(entry, "assignment_id"), needed_number(entry, "user_id")
    work = works.get(number)
    if work is None:
        return []
    state = _state(entry)
    if state == "missing":
        # Canvas has a row for everybody, also for those who did nothing.
        return []
    is_graded = state == "graded"
    whole = WorkResult(
        work=work.source_id,
        person_id=None,
        state=state,
        score=points_of(entry.get("score")) if is_graded else None,
        grade=_grade(entry, work) if is_graded else "",
        submitted_at=moment_of(entry.get("submitted_at")),
        graded_at=moment_of(entry.get("graded_at")) if state in {"graded", "excused"} else None,
        is_late=entry.get("late") is True,
        who=user,
    )
    return [whole, *_criteria(entry.get("rubric_assessment"), work, whole)] if is_graded else [whole]


def moment_of(value: object) -> datetime | None:
    """Return a time that Canvas wrote; ``None`` for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def is_posted(entry: Mapping[str, Any]) -> bool:
    """Say whether the student sees what a submission was given."""
    # Canvas versions before post policies had no such field; where it is, null means hidden.
    return entry.get("posted_at") is not None if "posted_at" in entry else True


def _state(entry: Mapping[str, Any]) -> str:
    if entry.get("excused") is True:
        return "excused"
    has_grade = entry.get("score") is not None or bool(entry.get("grade"))
    if has_grade and is_posted(entry) and entry.get("workflow_state") == "graded":
        return "graded"
    return "submitted" if entry.get("submitted_at") else "missing"


def _grade(entry: Mapping[str, Any], work: Work) -> str:
    grade = entry.get("grade")
    # Elsewhere it repeats the score.
    if work.grading not in {"letter", "complete"} or not isinstance(grade, str):
        return ""
    return storable(grade).strip()[:60]


def _criteria(assessment: object, work: Work, whole: WorkResult) -> list[WorkResult]:
    if not isinstance(assessment, dict):
        return []
    found = []
    for part in work.parts:
        given = assessment.get(part.id)
        if not isinstance(given, dict):
            continue
        points, level = points_of(given.get("points")), given.get("rating_id")
        known = level if isinstance(level, str) and level in {one.id for one in part.levels} else ""
        # A comment alone is no rating.
        if points is None and not known:
            continue
        found.append(
            WorkResult(
                work=work.source_id,
                person_id=None,
                state="graded",
                part=part.id,
                score=points,
                level=known,
                submitted_at=whole.submitted_at,
                graded_at=whole.graded_at,
                is_late=whole.is_late,
                who=whole.who,
            )
        )
    return found


def _parts(rubric: object, home: str) -> tuple[Part, ...]:
    parts: dict[str, Part] = {}
    for criterion in rubric if isinstance(rubric, list) else []:
        if not isinstance(criterion, dict) or not isinstance(criterion.get("id"), str):
            continue
        number, outcome = criterion["id"][:255], number_in(criterion, "outcome_id")
        parts[number] = Part(
            id=number,
            title=text_of(criterion.get("description")),
            guid=text_of(criterion.get("vendor_guid")),
            points=points_of(criterion.get("points")),
            levels=_levels(criterion.get("ratings")),
            outcome=outcome_name(home, outcome) if outcome else "",
        )
    return tuple(parts.values())


def _levels(ratings: object) -> tuple[PartLevel, ...]:
    levels = [
        PartLevel(
            id=one["id"][:255],
            title=text_of(one.get("description")),
            points=points_of(one.get("points")),
        )
        for one in (ratings if isinstance(ratings, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    ]
    # Canvas lists the best first.
    return tuple(sorted(levels, key=lambda one: one.points if one.points is not None else Decimal(0)))


def _opens(entry: Mapping[str, Any], own_host: str) -> bool:
    tag = entry.get("external_tool_tag_attributes")
    url = tag.get("url") if isinstance(tag, dict) else None
    try:
        return isinstance(url, str) and urlsplit(url).netloc == own_host
    except ValueError:
        return False


def address_of(value: object) -> str:
    """Return an address that a browser can open; empty for anything else."""
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


def text_of(value: object) -> str:
    """Return a text that Canvas wrote; empty for anything else."""
    return storable(value).strip()[:LONGEST] if isinstance(value, str) else ""

"""What plain LTI tells of coursework: the columns that this tool made in a gradebook, and the results in them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lti_plp.launch.claims import SCOPE_RESULT
from lti_plp.launch.services.ags import GradeService
from lti_plp.lms.gateway import CourseAddress, CourseworkAnswer, Refused, TryLater
from lti_plp.lms.results import Results
from lti_plp.lms.work import Work, WorkResult, points_of
from lti_plp.plp.texts import storable

SOURCE = "ags"
PAGE_SIZE = "100"
LONGEST_ID = 255


def read_own_columns(
    grades: GradeService, course: CourseAddress, on_page: Callable[[int, int], None]
) -> CourseworkAnswer:
    """Read every column of ours in a course, and all results in each (AGS 2.0, sections 3.2 and 3.3).

    AGS tells neither what changed since a moment nor when a result was given: everything is read each time.

    :raise TryLater: when a page failed or is no list.
    :raise Refused: ``not_offered`` when the platform does not let this tool read results here.
    """
    if not course.line_items_url or SCOPE_RESULT not in course.ags_scopes:
        raise Refused("not_offered")
    columns = [
        (str(item["id"]), work)
        for item in grades.line_items(course.line_items_url, limit=PAGE_SIZE)
        if (work := _work(item)) is not None
    ]
    # One that is listed twice, as on pages that shift meanwhile, is one.
    columns = list({work.source_id: (url, work) for url, work in columns}.values())
    results = Results()
    for number, (url, work) in enumerate(columns, start=1):
        on_page(number, len(columns) + 1)
        results.add(_results(grades, url, work))
    return CourseworkAnswer(
        source=SOURCE,
        works=[work for _, work in columns],
        results=results,
        by_lms_id=False,
        is_whole=True,
        as_of=None,
    )


def _work(item: dict[str, Any]) -> Work | None:
    url, label = item.get("id"), item.get("label")
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST_ID:
        return None
    return Work(
        source_id=url,
        title=storable(label).strip()[:1000] if isinstance(label, str) else "",
        grading="points",
        points=points_of(item.get("scoreMaximum")),
    )


def _results(grades: GradeService, url: str, work: Work) -> list[WorkResult]:
    found: dict[str, WorkResult] = {}
    for entry in grades.results(url):
        who = entry.get("userId")
        if not isinstance(who, str) or not 0 < len(who) <= LONGEST_ID:
            raise TryLater("bad_answer")
        score = _scaled(entry, work)
        if score is not None:
            found[who] = WorkResult(work.source_id, None, "graded", score=score, who=who)
    return list(found.values())


def _scaled(entry: dict[str, Any], work: Work) -> Decimal | None:
    """Return a result as points of the column: a platform may give it out of another maximum (AGS 2.0, 3.3.5)."""
    score, maximum = points_of(entry.get("resultScore")), points_of(entry.get("resultMaximum"))
    if score is None or not maximum or work.points is None or maximum == work.points:
        return score
    return score * work.points / maximum

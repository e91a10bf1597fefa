"""Outcomes of a course and of the account that it belongs to, read as two frameworks: all that there is, or nothing.

What the account keeps, and what a course keeps beside it, are two, so that the account's comes once however many
courses are looked at.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from lti_plp.canvas.assignments import text_of
from lti_plp.canvas.entries import Entry, entries_in, needed_number, number_in
from lti_plp.canvas.outcome_drafts import Place, Wish, drafts_of
from lti_plp.canvas.rest import CanvasRest, objects
from lti_plp.lms.gateway import OutcomesAnswer, Refused, TryLater

CLOSED = frozenset({"no_permission", "gone"})
"""Problems that say that this person may not read something."""


def home_of_canvas(rest: CanvasRest) -> str:
    """Return what names of this Canvas's outcomes begin with."""
    return f"canvas:{urlsplit(rest.key.base_url).netloc.lower()}"


def read_all_outcomes(rest: CanvasRest, number: str) -> OutcomesAnswer:
    """Read the outcomes of a course and of its account; the account's are left out where the person may not.

    :raise TryLater: when a page failed.
    :raise Refused: when the person may not read the course's.
    :raise DraftProblems: naming everything that keeps them from becoming frameworks.
    """
    course = rest.get(f"/courses/{number}").json()
    if not isinstance(course, dict):
        raise TryLater("bad_answer")
    of_course = _read_place(rest, f"/courses/{number}")
    account = number_in(course, "account_id")
    try:
        of_account = _read_place(rest, f"/accounts/{account}") if account else None
    except Refused as problem:
        if problem.code not in CLOSED:
            raise
        of_account = None
    home, origin = home_of_canvas(rest), rest.key.base_url
    wishes = []
    if of_account is not None:
        name = of_account.title or urlsplit(origin).netloc
        wishes.append(Wish(home, origin, f"{home}:account:{account}", name, of_account))
    there = _numbers(of_account.links) if of_account else frozenset()
    name = text_of(course.get("name")) or of_course.title or number
    wishes.append(Wish(home, origin, f"{home}:course:{number}", name, of_course, there))
    return OutcomesAnswer(drafts_of(wishes), school_is_closed=of_account is None)


def _read_place(rest: CanvasRest, path: str) -> Place:
    groups = [one for page in rest.pages(f"{path}/outcome_groups") for one in objects(page)]
    style = (("outcome_style", "full"), ("outcome_group_style", "abbrev"))
    links = [one for page in rest.pages(f"{path}/outcome_group_links", style) for one in objects(page)]
    for one in links:
        if not isinstance(one.get("outcome"), dict) or not isinstance(one.get("outcome_group"), dict):
            raise TryLater("bad_answer")
    return Place({needed_number(one, "id"): one for one in groups}, links, _mastery_scale(rest, path))


def _mastery_scale(rest: CanvasRest, path: str) -> Sequence[Entry]:
    """Return the ratings of a place; where nobody set any, Canvas says that there is nothing."""
    try:
        said = rest.get(f"{path}/outcome_proficiency").json()
    except Refused as problem:
        if problem.code not in CLOSED:
            raise
        return ()
    return entries_in(said.get("ratings") if isinstance(said, dict) else None)


def _numbers(links: Sequence[Entry]) -> frozenset[str]:
    return frozenset(needed_number(one["outcome"], "id") for one in links)

"""Reading a course's assignments and submissions from Canvas, several pages at once, all of them or nothing."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lti_plp.canvas.assignments import is_posted, result_of, work_of
from lti_plp.canvas.outcome_results import Known, read_outcome_results
from lti_plp.canvas.outcomes import home_of_canvas
from lti_plp.canvas.rest import CanvasRest, Query, objects, their_clock
from lti_plp.lms.gateway import CourseworkAnswer
from lti_plp.lms.work import Work, WorkResult

SOURCE = "canvas"

MOST_IN_CHAIN = 50
"""Assignments that one chain of pages is about: their numbers stand in its address."""

SLIM: Query = (
    ("include[]", "rubric_assessment"),
    ("exclude_response_fields[]", "attachments"),
    ("exclude_response_fields[]", "preview_url"),
)
"""What is needed of submissions, and nothing that costs Canvas more."""

OnPage = Callable[[int, int], None]


def read_course(rest: CanvasRest, number: str, since: datetime | None, on_page: OnPage) -> CourseworkAnswer:
    """Read all assignments of a course, and all submissions or, with ``since``, those that changed.

    Pages of one list follow one another, since each names the next; so the list is cut into as many as may be read at
    once, by assignments. What changed is two questions, because each leaves out what lacks its date (Canvas's source,
    ``submissions_api_controller``).

    :raise TryLater: when a page failed.
    :raise Refused: when the person may not read it.
    """
    own_host = urlsplit(rest.toolbox.settings.public_origin).netloc
    works: dict[str, Work] = {}
    left_out: set[str] = set()
    as_of: datetime | None = None
    for page in rest.pages(f"/courses/{number}/assignments"):
        as_of = as_of or their_clock(page.headers)
        for entry in objects(page):
            work = work_of(entry, own_host, home_of_canvas(rest))
            if work is None:
                left_out.add(str(entry["id"]))
            else:
                works[work.source_id] = work
    chains = _changes(since) if since else _shares(list(works), rest.places.count)
    reading = _Reading(rest, f"/courses/{number}/students/submissions", works, on_page, len(chains))
    results = reading.run(chains)
    outcomes = read_outcome_results(rest, number, Known(works, left_out, reading.shown))
    if outcomes is not None:
        works, results = outcomes.works, [*results, *outcomes.results]
    return CourseworkAnswer(
        source=SOURCE,
        works=list(works.values()),
        results=results,
        by_lms_id=True,
        is_whole=since is None,
        as_of=as_of,
        tells_outcomes=outcomes is not None,
    )


def _changes(since: datetime) -> list[Query]:
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [[("graded_since", moment)], [("submitted_since", moment)]]


def _shares(numbers: Sequence[str], count: int) -> list[Query]:
    """Cut assignments into ``count`` shares or more, of nearly the same size."""
    if not numbers:
        return []
    shares = min(max(count, -(-len(numbers) // MOST_IN_CHAIN)), len(numbers))
    return [[("assignment_ids[]", one) for one in numbers[start::shares]] for start in range(shares)]


@dataclass
class _Reading:
    """Chains of pages that are read side by side; the first that fails stops all."""

    rest: CanvasRest
    path: str
    works: Mapping[str, Work]
    on_page: OnPage
    chains: int
    pages: int = 0
    ended: int = 0
    shown: set[tuple[str, str]] = field(default_factory=set)
    """(assignment, student) of the submissions that were told and whose grade the student sees."""
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, chains: Iterable[Query]) -> list[WorkResult]:
        """Return the results of all chains; of something that two of them tell, the one read last."""
        found: dict[tuple[str, str, str], WorkResult] = {}
        with ThreadPoolExecutor(max_workers=max(self.rest.places.count, 1)) as pool:
            for results in pool.map(self._chain, chains):
                found |= {(one.work, one.who, one.part): one for one in results}
        return list(found.values())

    def _chain(self, query: Query) -> list[WorkResult]:
        results: list[WorkResult] = []
        everybody = [("student_ids[]", "all"), *query, *SLIM]
        try:
            for page in self.rest.pages(self.path, everybody):
                for entry in objects(page):
                    results += result_of(entry, self.works)
                    if is_posted(entry) and entry.get("excused") is not True:
                        self.shown.add((str(entry["assignment_id"]), str(entry["user_id"])))
                self._count(is_last=False)
                if self.stop.is_set():
                    return []
        except Exception:
            self.stop.set()
            raise
        self._count(is_last=True)
        return results

    def _count(self, *, is_last: bool) -> None:
        """Tell how far it is: chains are of nearly the same length, so those that ended tell the others' length."""
        with self.lock:
            self.ended += is_last
            self.pages += not is_last
            open_chains = self.chains - self.ended
            likely = self.pages // self.ended * open_chains if self.ended else open_chains
            self.on_page(self.pages, self.pages + likely if open_chains else self.pages)

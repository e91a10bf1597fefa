"""Reading a course's assignments and submissions from Canvas, several pages at once, all of them or nothing."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from sys import intern
from urllib.parse import urlsplit

from lti_plp.canvas.assignments import is_posted, result_of, work_of
from lti_plp.canvas.entries import Entry
from lti_plp.canvas.outcome_results import Known, OutcomePages, read_outcome_pages
from lti_plp.canvas.outcomes import home_of_canvas
from lti_plp.canvas.rest import CanvasRest, Query, objects, their_clock
from lti_plp.launch.services.http import Answer
from lti_plp.lms.gateway import CourseworkAnswer, Refused
from lti_plp.lms.results import Results
from lti_plp.lms.work import Work

SOURCE = "canvas"

MOST_IN_CHAIN = 50
"""Assignments that one chain of pages is about: their numbers stand in its address."""

SLIM: Query = (
    ("include[]", "rubric_assessment"),
    ("exclude_response_fields[]", "attachments"),
    ("exclude_response_fields[]", "preview_url"),
)
"""What is needed of submissions, and nothing that costs Canvas more."""

NEXT_ONE = frozenset({"no_consent", "no_permission", "gone"})
"""Problems that somebody else's permission may not have."""

OnPage = Callable[[int, int], None]


def read_course(
    readers: Sequence[CanvasRest], number: str, since: datetime | None, on_page: OnPage
) -> CourseworkAnswer:
    """Read all assignments of a course, and all submissions or, with ``since``, those that changed.

    It is read in the name of the first of ``readers``; others help as long as they may. Pages of one list follow one
    another, since each names the next; so the list is cut into as many as may be read at once, by assignments. What
    changed is two questions, because each leaves out what lacks its date (Canvas's source,
    ``submissions_api_controller``).

    :raise TryLater: when a page failed.
    :raise Refused: when the first person may not read it.
    """
    own_host = urlsplit(readers[0].toolbox.settings.public_origin).netloc
    reading = _Reading(readers, f"/courses/{number}", own_host, on_page)
    results = reading.run(since)
    works = reading.works.result()
    if reading.outcomes is not None:
        known = Known(works, reading.left_out, reading.shown)
        made = reading.outcomes.made(home_of_canvas(reading.leader), known)
        works = made.works
        results.add(made.results)
    return CourseworkAnswer(
        source=SOURCE,
        works=list(works.values()),
        results=results,
        by_lms_id=True,
        is_whole=since is None,
        as_of=reading.as_of,
        tells_outcomes=reading.outcomes is not None,
        seen=frozenset(reading.seen),
    )


def _is_anonymous(entry: Entry) -> bool:
    """Say whether Canvas keeps to itself whose submission it is, until grades that are given anonymously are posted."""
    return entry.get("user_id") is None and isinstance(entry.get("anonymous_id"), str)


def _changes(since: datetime) -> list[Query]:
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [[("graded_since", moment)], [("submitted_since", moment)]]


def _shares(numbers: Sequence[str], count: int) -> list[Query]:
    """Cut assignments into ``count`` shares or a multiple, of nearly the same size."""
    if not numbers:
        return []
    shares = min(count * -(-len(numbers) // (MOST_IN_CHAIN * count)), len(numbers))
    return [[("assignment_ids[]", one) for one in numbers[start::shares]] for start in range(shares)]


@dataclass
class _Told:
    """What one chain of pages told, and to whom."""

    reader: CanvasRest
    results: Results = field(default_factory=Results)
    people: set[str] = field(default_factory=set)
    """Everybody whom it named, with results or without."""
    shown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Assignment -> whoever sees there what she got."""


@dataclass
class _Reading:
    """Chains of pages that are read side by side; the first that fails stops all."""

    readers: Sequence[CanvasRest]
    path: str
    own_host: str
    on_page: OnPage
    works: "Future[dict[str, Work]]" = field(default_factory=Future)
    as_of: datetime | None = None
    leader: CanvasRest = field(init=False)
    """Without whom it cannot go on."""
    free: "SimpleQueue[CanvasRest]" = field(default_factory=SimpleQueue)
    """Whoever may make one more request; each as often as they hold places."""
    chains: int = 0
    pages: int = 0
    ended: int = 0
    outcomes: OutcomePages | None = None
    """Results of outcomes; ``None`` where they may not be read."""
    left_out: set[str] = field(default_factory=set)
    """Assignments that nobody sees here: not published, or of this tool."""
    shown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Assignment -> whoever sees there what she got, of all submissions that were told."""
    seen: set[str] = field(default_factory=set)
    """Everybody named with a submission, handed in or not: whoever is limited to a section hears of no other."""
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, since: datetime | None) -> Results:
        """Return the results of all chains; of something that two of them tell, what the later one tells."""
        self.leader = self.readers[0]
        for reader in self.readers:
            self._free_places(reader)
        count = sum(reader.places.count for reader in self.readers)
        with ThreadPoolExecutor(max_workers=count) as pool:
            self.works = pool.submit(self._read_works)
            outcomes = pool.submit(self._read_outcomes)
            # Changes are asked for without waiting for the assignments: they name none.
            chains = _changes(since) if since else _shares(list(self.works.result()), count)
            self.chains = len(chains)
            told = list(pool.map(self._chain, chains))
            reader, self.outcomes = outcomes.result()
            again = self._to_repeat(told)
            self.chains += len(again)
            repeated = pool.map(self._chain, [chains[place] for place in again])
            for place, better in zip(again, repeated, strict=True):
                told[place] = better
            if reader is not self.leader:
                self.outcomes = read_outcome_pages(self.leader, self.path)
        results = Results()
        for one in told:
            results.extend(one.results)
            self.seen |= one.people
            for work, people in one.shown.items():
                self.shown[work] |= people
        return results

    def _free_places(self, reader: CanvasRest) -> None:
        for _ in range(reader.places.count):
            self.free.put(reader)

    def _read_works(self) -> dict[str, Work]:
        reader = self.free.get()
        works: dict[str, Work] = {}
        try:
            for page in reader.pages(f"{self.path}/assignments"):
                self._note_clock(page)
                for entry in objects(page):
                    work = work_of(entry, self.own_host, home_of_canvas(reader))
                    if work is None:
                        self.left_out.add(str(entry["id"]))
                    else:
                        works[work.source_id] = work
        except Exception:
            self.stop.set()
            raise
        finally:
            self.free.put(reader)
        return works

    def _read_outcomes(self) -> tuple[CanvasRest, OutcomePages | None]:
        """Read them beside the assignments: what is made of them waits for what submissions tell."""
        reader = self.free.get()
        try:
            return reader, read_outcome_pages(reader, self.path)
        except Refused:
            if reader is self.leader:
                self.stop.set()
                raise
            return reader, None
        except Exception:
            self.stop.set()
            raise
        finally:
            self.free.put(reader)

    def _chain(self, query: Query) -> _Told:
        reader = self.free.get()
        is_back = True
        try:
            return self._read(reader, query)
        except Refused as problem:
            if reader is self.leader or problem.code not in NEXT_ONE:
                self.stop.set()
                raise
            # Whoever helped may not read it, or not any more; their place is given up.
            is_back = False
        except Exception:
            self.stop.set()
            raise
        finally:
            if is_back:
                self.free.put(reader)
        return self._chain(query)

    def _read(self, reader: CanvasRest, query: Query) -> _Told:
        told = _Told(reader)
        everybody = [("student_ids[]", "all"), *query, *SLIM]
        for page in reader.pages(f"{self.path}/students/submissions", everybody):
            self._note_clock(page)
            works = self.works.result()
            entries = [one for one in objects(page) if not _is_anonymous(one)]
            told.results.add(result for entry in entries for result in result_of(entry, works))
            told.people.update(str(entry.get("user_id")) for entry in entries)
            for entry in entries:
                if is_posted(entry) and entry.get("excused") is not True:
                    # One text for each person: a course may have a hundred thousand submissions.
                    told.shown[str(entry["assignment_id"])].add(intern(str(entry["user_id"])))
            self._count(is_last=False)
            if self.stop.is_set():
                return told
        self._count(is_last=True)
        return told

    def _to_repeat(self, told: Sequence[_Told]) -> list[int]:
        """Return which chains somebody else has to read again, and let them alone do so.

        A teacher whom Canvas limits to a section hears nothing of the others: as if nobody there had done anything.
        Canvas names everybody with each assignment, so it shows.
        """
        seen: dict[int, set[str]] = defaultdict(set)
        for one in told:
            seen[id(one.reader)] |= one.people
        for reader in self.readers:
            if seen[id(reader)] > seen[id(self.leader)]:
                self.leader = reader
        everybody = seen[id(self.leader)]
        again = [place for place, one in enumerate(told) if not everybody <= seen[id(one.reader)]]
        if again:
            self.free = SimpleQueue()
            self._free_places(self.leader)
        return again

    def _note_clock(self, page: Answer) -> None:
        """Keep when reading began, by Canvas's clock."""
        shown = their_clock(page.headers)
        with self.lock:
            if shown is not None and (self.as_of is None or shown < self.as_of):
                self.as_of = shown

    def _count(self, *, is_last: bool) -> None:
        """Tell how far it is: chains are of nearly the same length, so those that ended tell the others' length."""
        with self.lock:
            self.ended += is_last
            self.pages += not is_last
            open_chains = self.chains - self.ended
            likely = self.pages // self.ended * open_chains if self.ended else open_chains
            self.on_page(self.pages, self.pages + likely if open_chains else self.pages)

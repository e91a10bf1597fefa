"""Results of outcomes that no rubric tells: of quizzes and other alignments, as parts of the work that they are of.

A criterion that stands for an outcome makes a result of the outcome as well, which is the same rating once more: those
are left out wherever an assignment's rubric has the outcome. What is hidden stays hidden. A teacher may keep what a
rubric says from counting as outcomes: Canvas tells such results as hidden ones, and its criteria count here for no
outcome either. Grades that are not posted yet Canvas tells to teachers all the same (its source, ``result_analytics``),
so that of an assignment only those are taken whose submission was told in the same reading, and is posted. Canvas
cannot be asked for what changed, so they are all read each time.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from lti_plp.canvas.assignments import address_of, moment_of, text_of
from lti_plp.canvas.entries import Entry, entries_in, number_in
from lti_plp.canvas.outcomes import CLOSED
from lti_plp.canvas.rest import CanvasRest, Query
from lti_plp.lms.gateway import Refused, TryLater
from lti_plp.lms.work import OF_OUTCOMES, Part, PartLevel, Work, WorkResult, outcome_name, points_of

ASSIGNMENT = "assignment_"
ASKED: Query = (("include[]", "outcomes"), ("include[]", "alignments"), ("include_hidden", "true"))
"""Hidden ones as well, to know of which outcomes nothing is to be made."""
_PLACES = Decimal("0.01")
"""To which Canvas rounds (its source, ``rollup_score``)."""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """What is known of a course when its results of outcomes are read."""

    works: Mapping[str, Work]
    left_out: Collection[str]
    """Assignments that nobody sees here: not published, or of this tool."""
    shown: Mapping[str, Collection[str]]
    """Assignment -> whoever sees there what she got, of submissions that were told in this reading."""


@dataclass(frozen=True)
class OutcomeResults:
    """All works, with outcomes as parts of them, and results of these parts."""

    works: dict[str, Work]
    results: list[WorkResult]


@dataclass
class _Linked:
    """What results are about: number of an outcome, and name of an alignment -> what Canvas says of it."""

    outcomes: dict[str, Entry] = field(default_factory=dict)
    alignments: dict[str, Entry] = field(default_factory=dict)


@dataclass
class OutcomePages:
    """What Canvas says of results of outcomes, before anything is made of it."""

    entries: list[Entry] = field(default_factory=list)
    linked: _Linked = field(default_factory=_Linked)

    def made(self, home: str, known: Known) -> OutcomeResults:
        """Return what they add to a course's works."""
        return _Maker(home, known, self.linked).make(self.entries)


def read_outcome_pages(rest: CanvasRest, path: str) -> OutcomePages | None:
    """Return the results of outcomes of a course; ``None`` where this person may not read them.

    :raise TryLater: when a page failed.
    :raise Refused: when it will not work.
    """
    pages = OutcomePages()
    try:
        for page in rest.pages(f"{path}/outcome_results", ASKED):
            pages.entries += _taken(page.json(), pages.linked)
    except Refused as problem:
        if problem.code not in CLOSED:
            raise
        return None
    return pages


def _taken(body: object, linked: _Linked) -> list[Entry]:
    """Return the results of a page, and keep what they are about.

    :raise TryLater: ``bad_answer`` when it is no such page.
    """
    results = body.get("outcome_results") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(results, list):
        raise TryLater("bad_answer")
    more = body.get("linked")
    for name, kept in (("outcomes", linked.outcomes), ("alignments", linked.alignments)):
        found = more.get(name) if isinstance(more, dict) else None
        kept.update({str(one["id"]): one for one in entries_in(found) if "id" in one})
    if not all(isinstance(one, dict) and isinstance(one.get("links"), dict) for one in results):
        raise TryLater("bad_answer")
    return results


@dataclass
class _Maker:
    """Makes parts and results of what one course's pages said."""

    home: str
    known: Known
    linked: _Linked
    own: dict[str, Work] = field(default_factory=dict)
    """Pieces of work that are no assignments."""
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)
    """Work -> outcome's number -> part."""
    newest: dict[tuple[str, str, str], tuple[datetime, WorkResult]] = field(default_factory=dict)
    of_rubrics: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Work -> name of an outcome that its rubric has -> whether all that Canvas made of it is hidden."""

    def make(self, entries: list[Entry]) -> OutcomeResults:
        """Return everything, the works that were known with what they gained."""
        for entry in entries:
            self._take(entry)
        works = {**self.known.works, **self.own}
        for number, parts in self.parts.items():
            added = (parts[one] for one in sorted(parts, key=lambda one: (len(one), one)))
            works[number] = replace(works[number], parts=(*works[number].parts, *added))
        for number, hidden in self.of_rubrics.items():
            criteria = (
                replace(one, outcome="") if hidden.get(one.outcome) else one for one in works[number].parts
            )
            works[number] = replace(works[number], parts=tuple(criteria))
        return OutcomeResults(works, [result for _, result in self.newest.values()])

    def _take(self, entry: Entry) -> None:
        links = entry["links"]
        who, outcome = number_in(links, "user"), number_in(links, "learning_outcome")
        work, said = self._work(links), self.linked.outcomes.get(outcome or "")
        # A Canvas that does not say what is hidden would tell it all the same.
        hidden = entry.get("hidden")
        if work is None or said is None or who is None or outcome is None or not isinstance(hidden, bool):
            return
        name = outcome_name(self.home, outcome)
        if any(one.outcome == name for one in work.parts):
            # The rubric tells it.
            said_before = self.of_rubrics.setdefault(work.source_id, {})
            said_before[name] = said_before.get(name, True) and hidden
            return
        if hidden:
            return
        part = self.parts.setdefault(work.source_id, {}).setdefault(outcome, _part(said, outcome, name))
        score = _score(entry, part)
        is_assignment = work.source_id in self.known.works
        if score is None or (is_assignment and who not in self.known.shown.get(work.source_id, ())):
            return
        at = moment_of(entry.get("submitted_or_assessed_at"))
        result = WorkResult(
            work=work.source_id,
            person_id=None,
            state="graded",
            part=part.id,
            score=score,
            graded_at=at,
            who=who,
        )
        key, moment = (work.source_id, who, part.id), at or _LONG_AGO
        if key not in self.newest or self.newest[key][0] <= moment:
            self.newest[key] = (moment, result)

    def _work(self, links: Entry) -> Work | None:
        """Return the assignment that a result is of; else what it is aligned to; ``None`` where nobody sees that."""
        for name in ("alignment", "assignment"):
            number = str(links.get(name) or "").removeprefix(ASSIGNMENT)
            if number in self.known.works:
                return self.known.works[number]
            if number in self.known.left_out:
                return None
        alignment = str(links.get("alignment") or "")[:200]
        if not alignment:
            return None
        said = self.linked.alignments.get(alignment, {})
        own = Work(
            source_id=f"{OF_OUTCOMES}{alignment}",
            title=text_of(said.get("name")) or alignment,
            grading="none",
            url=address_of(said.get("html_url")),
        )
        return self.own.setdefault(own.source_id, own)


def _part(outcome: Entry, number: str, name: str) -> Part:
    return Part(
        id=f"{OF_OUTCOMES}{number}",
        title=text_of(outcome.get("display_name")) or text_of(outcome.get("title")) or number,
        guid=text_of(outcome.get("vendor_guid")),
        points=points_of(outcome.get("points_possible")),
        levels=tuple(_levels(outcome.get("ratings"))),
        outcome=name,
    )


def _levels(ratings: object) -> Iterator[PartLevel]:
    """Give the ratings of an outcome, the lowest first. They have no ids in Canvas, so their points name them."""
    points = {points_of(one.get("points")): text_of(one.get("description")) for one in entries_in(ratings)}
    for number in sorted(one for one in points if one is not None):
        yield PartLevel(format(number.normalize(), "f"), points[number], number)


def _score(entry: Entry, part: Part) -> Decimal | None:
    """Return a result on the scale of its outcome: of a quiz, Canvas tells points of the quiz, and the share."""
    score, most = points_of(entry.get("score")), points_of(entry.get("possible"))
    if score is None or not most or not part.points or most == part.points:
        return score
    share = points_of(entry.get("percent"))
    return ((score / most if share is None else share) * part.points).quantize(_PLACES, ROUND_HALF_UP)

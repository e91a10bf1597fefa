"""Grades that students cannot see: which assignments are asked for again, since showing them leaves no other trace.

Canvas can be asked for what was graded since, or handed in since. Posting and hiding change neither of the two dates
(its source, ``post_submissions`` and ``hide_submissions`` of ``abstract_assignment``). What it tells of each assignment
is whether it is ``muted``: whether anybody's submission is not posted, graded or not (``update_muted_status!`` of the
module ``Mutable``). So these are asked for again: assignments with a grade that was hidden the last time, and those
whose submissions were all posted then, and are not any more. Not seen before everything is read: grades that are hidden
again while somebody else's submission had not been posted anyway, and grades that are deleted, which changes no date
and no posting (``save_grade_to_submission``).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

MOST_AGAIN = 12
"""Assignments that one reading of changes asks for again. In a class of thirty these are four pages, one for each place
that a permission has, so that no reading takes much longer for it. Of more, the others have their turn at the next
readings, and once a day everything is read anyway."""


@dataclass(frozen=True)
class HiddenGrades:
    """What was known of a course when it was read the last time."""

    waiting: tuple[str, ...] = ()
    """Assignments to ask for again; the one that has waited longest is the first."""
    posted: frozenset[str] = frozenset()
    """Assignments whose submissions were all posted."""

    @classmethod
    def of_notes(cls, notes: Mapping[str, Any]) -> Self:
        """Read what :meth:`notes` wrote."""
        return cls(tuple(notes.get("waiting", ())), frozenset(notes.get("posted", ())))

    def notes(self) -> dict[str, Any]:
        """Return it as JSON, for the next reading."""
        return {"waiting": list(self.waiting), "posted": sorted(self.posted)}

    def now(self, works: Collection[str], posted: Collection[str]) -> Self:
        """Return what is to be asked for again, with ``works`` that are there and ``posted`` of them all posted."""
        hidden_again = [one for one in works if one in self.posted and one not in posted]
        waiting = dict.fromkeys([*hidden_again, *self.waiting])
        return type(self)(tuple(one for one in waiting if one in works), frozenset(posted))

    def again(self) -> tuple[str, ...]:
        """Return what this reading asks for again."""
        return self.waiting[:MOST_AGAIN]

    def after(self, asked: Collection[str], hiding: Iterable[str]) -> Self:
        """Return what is known when ``asked`` were asked for, and ``hiding`` were told with a hidden grade."""
        left = [one for one in self.waiting if one not in asked]
        return type(self)(tuple(dict.fromkeys([*left, *hiding])), self.posted)

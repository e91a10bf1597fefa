"""Results of a course by work, packed until they are looked at: large courses have a hundred thousand of them."""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from lti_plp.lms.work import WorkResult


class Results(Mapping[str, list[WorkResult]]):
    """``source_id`` of a work -> its results; of something that is told twice, what was told last.

    Twenty bytes each instead of six hundred. They never touch a disk: they are marks of students.
    """

    def __init__(self, results: Iterable[WorkResult] = ()) -> None:
        self._packed: dict[str, list[bytes]] = {}
        self._people: Mapping[str, int] = {}
        self.add(results)

    def add(self, results: Iterable[WorkResult]) -> None:
        """Keep more results; what they say of ``person_id`` is forgotten, see :meth:`known`."""
        by_work: dict[str, list[Any]] = defaultdict(list)
        for one in results:
            by_work[one.work].append(_packed(one))
        for work, rows in by_work.items():
            self._packed.setdefault(work, []).append(zlib.compress(json.dumps(rows).encode(), level=1))

    def extend(self, others: Self) -> None:
        """Keep all that others hold, too; what they tell again counts."""
        for work, parts in others._packed.items():
            self._packed.setdefault(work, []).extend(parts)

    def of(self, works: Collection[str]) -> "Results":
        """Return those of some works."""
        made = Results()
        made._packed = {work: parts for work, parts in self._packed.items() if work in works}
        made._people = self._people
        return made

    def known(self, people: Mapping[str, int]) -> "Results":
        """Return the same with ``person_id``, by ``who``."""
        made = self.of(self._packed)
        made._people = people
        return made

    def __getitem__(self, work: str) -> list[WorkResult]:
        found: dict[tuple[str, str], WorkResult] = {}
        for part in self._packed[work]:
            for row in json.loads(zlib.decompress(part)):
                found[row[0], row[1]] = _unpacked(work, self._people.get(row[0]), row)
        return list(found.values())

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _packed(one: WorkResult) -> tuple[Any, ...]:
    return (
        one.who,
        one.part,
        one.state,
        None if one.score is None else str(one.score),
        one.grade,
        one.level,
        one.submitted_at and one.submitted_at.isoformat(),
        one.graded_at and one.graded_at.isoformat(),
        one.is_late,
        one.handed_in,
    )


def _unpacked(work: str, person_id: int | None, row: list[Any]) -> WorkResult:
    who, part, state, score, grade, level, submitted_at, graded_at, is_late, handed_in = row
    return WorkResult(
        work,
        person_id,
        state,
        part,
        None if score is None else Decimal(score),
        grade,
        level,
        submitted_at and datetime.fromisoformat(submitted_at),
        graded_at and datetime.fromisoformat(graded_at),
        is_late,
        handed_in,
        who,
    )

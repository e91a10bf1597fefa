"""Frameworks and scales out of a spreadsheet: CSV in, a draft out, with every mistake named by its row.

One row is one item. ``code`` and ``statement`` are needed; ``parent`` names the code of the row above it in the tree,
``kind`` what it is, ``student words`` the same for students, ``scale`` on which it is rated (``-``: not at all). A row
of the kind ``criterion`` is a line of the scoring guide of its parent, and its words stand in columns named by the
codes of the levels. Column names may be English or Spanish, in any order.
"""

import csv
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from uuid import NAMESPACE_URL, uuid5

from lti_plp.plp.growth.drafts import (
    Criterion,
    DraftProblems,
    FrameworkDraft,
    ItemDraft,
    Problem,
    checked,
)
from lti_plp.plp.growth.scales import Scale, make_scale, scale_problems
from lti_plp.plp.words import plain

MOST_BYTES = 50_000_000
MOST_ROWS = 50_000
MOST_SCALES = 200
MOST_OF_HEAD = 100_000
"""Characters of a first line that are looked at; more than any head has."""
CRITERION = "criterion"
NOT_RATED = "-"

_COLUMNS = {
    "code": ("code", "codigo"),
    "guid": ("guid", "identifier", "identificador"),
    "parent": ("parent", "superior", "padre"),
    "kind": ("kind", "type", "tipo"),
    "statement": ("statement", "full statement", "enunciado"),
    "student_text": ("student words", "student text", "palabras del estudiante"),
    "scale": ("scale", "escala"),
}
_SCALE_COLUMNS = {
    "scale": ("scale", "escala"),
    "code": ("code", "codigo"),
    "label": ("label", "level", "nivel", "nombre"),
    "value": ("value", "number", "valor"),
    "starts_at": ("starts at", "from", "desde"),
    "student_text": _COLUMNS["student_text"],
    "meets": ("meets", "meets expectations", "cumple"),
}
_KINDS = {
    "area": ("area", "content area", "heading", "area de contenido"),
    "pbgr": ("pbgr", "graduation proficiency", "requisito de graduacion"),
    "critical_proficiency": ("critical proficiency", "competencia critica"),
    "indicator": ("indicator", "priority performance indicator", "performance indicator", "indicador"),
    "transferable_skill": ("transferable skill", "habilidad transferible"),
    "standard": ("standard", "estandar"),
    "other": ("other", "otro", ""),
    CRITERION: (CRITERION, "scoring guide", "criterio"),
}
_YES = frozenset({"yes", "y", "x", "true", "1", "si"})


@dataclass(frozen=True)
class _Row:
    """A row of a table, by the names of its columns."""

    number: int
    """As a spreadsheet counts: the head is row 1."""
    cells: Mapping[str, str]
    others: Mapping[str, str]
    """What stands in columns of other names."""

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"row {self.number}"


def template(locale: str, scale: Scale) -> str:
    """Return an example to begin with, to be opened in a spreadsheet; rated on a scale, and read as it is."""
    *lines, (words,) = _EXAMPLES["es" if locale.startswith("es") else "en"]
    head, heading, item, criterion = lines
    text = StringIO()
    csv.writer(text).writerows(
        [
            [*head, *(level.code for level in scale.levels)],
            [*heading, *("" for _ in scale.levels)],
            [*item[:-1], scale.title, *("" for _ in scale.levels)],
            [*criterion, *(words for _ in scale.levels)],
        ]
    )
    return text.getvalue()


def scale_template(locale: str) -> Sequence[Sequence[str]]:
    """Return the rows of a table of scales to begin with, the head first."""
    return _SCALE_EXAMPLES["es" if locale.startswith("es") else "en"]


def read_framework(
    data: bytes, origin: str, title: str, scales: Mapping[str, Scale], usual: Scale | None = None
) -> FrameworkDraft:
    """Return the framework that a file describes.

    :param origin: name of the file.
    :param scales: title -> scale of those that the file may name.
    :param usual: the one for items that name none and are no headings.
    :raise DraftProblems: naming everything that is wrong, by row.
    """
    problems: list[Problem] = []
    guid = str(uuid5(NAMESPACE_URL, f"lti_plp framework: {plain(title.strip())}"))
    rows = list(_rows(data, _COLUMNS, ("code", "statement"), problems))
    items = [row for row in rows if _kind(row) != CRITERION]
    parents = {row.cells["parent"] for row in items}
    known = {plain(name): scale for name, scale in scales.items()}
    guids = {
        row.cells["code"]: row.cells["guid"] or str(uuid5(NAMESPACE_URL, guid + row.cells["code"]))
        for row in items
    }
    of_item: dict[str, Scale | None] = {}
    for row in items:
        is_heading = row.cells["code"] in parents or _kind(row) == "area"
        of_item[row.cells["code"]] = _scale(row, known, None if is_heading else usual, problems)
    guides = _guides(rows, of_item, problems)
    drafts = tuple(_item(row, guids, of_item[row.cells["code"]], guides, problems) for row in items)
    problems += _strangers(rows, of_item.values())
    if problems:
        raise DraftProblems(problems)
    return checked(FrameworkDraft(guid, title, drafts, "csv", origin))


def read_scales(data: bytes) -> list[Scale]:
    """Return the scales that a file describes, one row a level.

    :raise DraftProblems: naming everything that is wrong, by row.
    """
    problems: list[Problem] = []
    rows = list(_rows(data, _SCALE_COLUMNS, ("scale", "code", "label", "value"), problems))
    by_title: dict[str, list[_Row]] = {}
    for row in rows:
        # Frameworks name a scale without regard to capitals, so that two of one name could not be told apart.
        by_title.setdefault(plain(row.cells["scale"]), []).append(row)
    said = [
        (levels, [{**row.cells, "meets": plain(row.cells["meets"]) in _YES} for row in levels])
        for levels in by_title.values()
    ]
    for levels, cells in said:
        title = levels[0].cells["scale"]
        for problem in scale_problems(title, cells):
            row = levels[(problem.level or 1) - 1]
            problems.append(Problem(row.where, problem.problem, title[:60]))
    problems += _strangers(rows, ())
    if len(said) > MOST_SCALES:
        problems.append(Problem(said[MOST_SCALES][0][0].where, "too_many_items", str(len(said))))
    if not rows and not problems:
        problems.append(Problem("row 2", "no_items"))
    if problems:
        raise DraftProblems(sorted(problems, key=lambda one: _number_of(one.where)))
    return [make_scale(levels[0].cells["scale"], cells) for levels, cells in said]


def _number_of(where: str) -> int:
    return int(where.removeprefix("row ").partition(",")[0])


def _rows(
    data: bytes, columns: Mapping[str, Sequence[str]], needed: Sequence[str], problems: list[Problem]
) -> Iterator[_Row]:
    lines = _lines(data, columns)
    head = _head(next(lines, []), columns)
    missing = [name for name in needed if name not in head.values()]
    problems += [Problem("row 1", "column_missing", name) for name in missing]
    if missing:
        return
    for number, line in enumerate(lines, 2):
        if number > MOST_ROWS:
            problems.append(Problem(f"row {number}", "too_many_items"))
            return
        cells = dict.fromkeys(columns, "")
        others: dict[str, str] = {}
        for place, cell in enumerate(line):
            name = head.get(place, "")
            (cells if name in columns else others)[name] = cell.strip()
        if any(cells.values()) or any(others.values()):
            yield _Row(number, cells, others)


def _lines(data: bytes, columns: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Give the cells of each line.

    :raise DraftProblems: when the file is too large or no table.
    """
    if len(data) > MOST_BYTES:
        raise DraftProblems([Problem("file", "too_large")])
    # Decoded as it is read: as one text, fifty megabytes would take several hundred.
    text = TextIOWrapper(BytesIO(data), _encoding(data), errors="replace", newline="")
    delimiter = _delimiter(text.readline(MOST_OF_HEAD), columns)
    text.seek(0)
    try:
        yield from csv.reader(text, delimiter=delimiter, strict=True)
    except csv.Error:
        raise DraftProblems([Problem("file", "no_table")]) from None


def _encoding(data: bytes) -> str:
    """Return how the text is written: UTF-8; or UTF-16 or a country's old encoding, as some spreadsheets write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    decoder = getincrementaldecoder("utf-8")()
    try:
        for first in range(0, len(data), MOST_OF_HEAD):
            decoder.decode(data[first : first + MOST_OF_HEAD])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(first: str, columns: Mapping[str, Sequence[str]]) -> str:
    """Return what parts the cells: what gives the head the most columns that are known."""
    return max(",;\t", key=lambda one: (len(_head(first.split(one), columns)), first.count(one)))


def _head(cells: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """Return place -> name of a column; one of another name keeps what stands there."""
    names = {alias: name for name, aliases in columns.items() for alias in aliases}
    head: dict[int, str] = {}
    for place, cell in enumerate(cells):
        said = cell.strip().strip('"')
        name = names.get(plain(said).replace("_", " "), said)
        if name and name not in head.values():
            head[place] = name
    return head


def _kind(row: _Row) -> str:
    said = plain(row.cells["kind"]).replace("_", " ")
    return next((kind for kind, aliases in _KINDS.items() if said in aliases), row.cells["kind"])


def _scale(
    row: _Row, known: Mapping[str, Scale], usual: Scale | None, problems: list[Problem]
) -> Scale | None:
    said = row.cells["scale"]
    if said == NOT_RATED:
        return None
    if not said:
        return usual
    found = known.get(plain(said))
    if found is None:
        problems.append(Problem(f"{row.where}, scale", "unknown_scale", said[:60]))
    return found


def _guides(
    rows: Sequence[_Row], scales: Mapping[str, Scale | None], problems: list[Problem]
) -> dict[str, list[Criterion]]:
    """Return code of an item -> the lines of its scoring guide."""
    found: dict[str, list[Criterion]] = {}
    for row in rows:
        if _kind(row) != CRITERION:
            continue
        parent = row.cells["parent"]
        scale = scales.get(parent)
        if parent not in scales:
            problems.append(Problem(row.where, "no_such_parent", parent[:60]))
        elif scale is None:
            problems.append(Problem(row.where, "guide_without_scale", parent[:60]))
        else:
            words = {level.code: row.others.get(level.code, "") for level in scale.levels}
            kept = {code: text for code, text in words.items() if text}
            found.setdefault(parent, []).append(Criterion(row.cells["statement"], kept))
    return found


def _item(
    row: _Row,
    guids: Mapping[str, str],
    scale: Scale | None,
    guides: Mapping[str, Sequence[Criterion]],
    problems: list[Problem],
) -> ItemDraft:
    code, parent = row.cells["code"], row.cells["parent"]
    if not code:
        problems.append(Problem(f"{row.where}, code", "no_code"))
    if parent and parent not in guids:
        problems.append(Problem(f"{row.where}, parent", "no_such_parent", parent[:60]))
    return ItemDraft(
        guid=guids[code],
        statement=row.cells["statement"],
        kind=_kind(row),
        code=code,
        student_text=row.cells["student_text"],
        parent=guids.get(parent) if parent else None,
        scale=scale,
        guide=tuple(guides.get(code, ())),
        where=row.where,
    )


def _strangers(rows: Sequence[_Row], scales: Iterable[Scale | None]) -> Iterator[Problem]:
    """Give the columns with words that are neither known nor a level: most often a slip in a name."""
    codes = {level.code for scale in scales if scale for level in scale.levels}
    used = {name for row in rows for name, cell in row.others.items() if cell}
    return (Problem("row 1", "unknown_column", name[:60]) for name in sorted(used - codes))


_EXAMPLES: Mapping[str, Sequence[Sequence[str]]] = {
    "en": (
        ("code", "parent", "kind", "statement", "student words", "scale"),
        ("TS", "", "area", "Transferable skills", "", ""),
        ("TS.1", "TS", "transferable skill", "Communicates clearly", "I make myself understood.", ""),
        ("", "TS.1", CRITERION, "Gives reasons", "", ""),
        ("Describe this level here.",),
    ),
    "es": (
        ("codigo", "superior", "tipo", "enunciado", "palabras del estudiante", "escala"),
        ("HT", "", "area", "Habilidades transferibles", "", ""),
        ("HT.1", "HT", "habilidad transferible", "Se comunica con claridad", "Me hago entender.", ""),
        ("", "HT.1", "criterio", "Da razones", "", ""),
        ("Describa aquí este nivel.",),
    ),
}
"""Head, a heading, an item, a line of its scoring guide, and what stands in that line for each level."""

_SCALE_EXAMPLES: Mapping[str, Sequence[Sequence[str]]] = {
    "en": (
        ("scale", "code", "label", "value", "from", "student words", "meets"),
        ("Our three levels", "N", "Not yet", "1", "", "I am at the start.", ""),
        ("Our three levels", "A", "Almost", "2", "1.5", "I can do it with some help.", ""),
        ("Our three levels", "Y", "Yes", "3", "2.5", "I can do it on my own.", "yes"),
    ),
    "es": (
        ("escala", "codigo", "nivel", "valor", "desde", "palabras del estudiante", "cumple"),
        ("Nuestros tres niveles", "T", "Todavía no", "1", "", "Estoy al comienzo.", ""),
        ("Nuestros tres niveles", "C", "Casi", "2", "1.5", "Puedo hacerlo con algo de ayuda.", ""),
        ("Nuestros tres niveles", "S", "Sí", "3", "2.5", "Puedo hacerlo por mi cuenta.", "sí"),
    ),
}
"""Head, and a scale of three levels."""

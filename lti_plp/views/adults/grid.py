"""A class as a grid of levels."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup, escape

from lti_plp.lms.class_grid import MOST_COLUMNS, Cell, ClassGrid, GridRow, GridWish, class_grid
from lti_plp.lms.naming import titles_of_courses
from lti_plp.plp.growth.frameworks import frameworks_of
from lti_plp.plp.growth.outlines import Outline, outline_of
from lti_plp.plp.policy import Action, may
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.links import number_in
from lti_plp.views.visit import visit


@bp.get("/students/grid")
def grid() -> ResponseReturnValue:
    """Show the levels of a course's students, or of all, in a framework; ``under`` leaves a part of it."""
    here = visit()
    frameworks = frameworks_of(here.db, here.tenant_id)
    wanted = number_in(request.args.get("framework", ""))
    framework = next((one for one in frameworks if one.id == wanted), frameworks[0] if frameworks else None)
    if framework is None:
        return page("grid", section="students", frameworks=(), framework=None, query={})
    outline = outline_of(here.db, framework)
    query = _query(outline)
    columns = outline.under(query.get("under"))
    wish = GridWish(
        query.get("sort"),
        request.args.get("level", "")[:12],
        query.get("course"),
        request.args.get("section", "")[:100],
    )
    seen = {
        key: one
        for key, one in ties().items()
        if may(here.actor, Action.SEE_PLAN, one.work(here.tenant_id, "family"))
    }
    found = class_grid(here.db, here.tenant_id, seen, columns, wish)
    return page(
        "grid",
        section="students",
        frameworks=frameworks,
        framework=framework,
        outline=outline,
        found=found,
        levels=Outline.levels(found.columns),
        **_drawn(found),
        left_out=max(0, len(columns) - MOST_COLUMNS),
        query={"framework": framework.id, **query, "level": wish.level, "section": wish.section},
        courses=titles_of_courses(here.db, here.tenant_id, found.courses if len(found.courses) > 1 else ()),
    )


def _drawn(found: ClassGrid) -> dict[str, Any]:
    """Return the rows as one text, and how each level looks.

    A grid has six thousand cells. In a template they take five times as long, so what is the same in many is made once.
    """
    of_level = [(level, one.scale) for one in found.columns if one.scale for level in one.scale.levels]
    ways = [f"/proficiencies/{one.id}" for one in found.columns]
    cells = {cell for row in found.rows for cell in row.cells if cell is not None}
    frames = {cell: _frame(cell) for cell in cells}
    rows = [_row(row, ways, frames) for row in found.rows]
    return {
        "rows": Markup("\n".join(rows)),  # noqa: S704 - every part is escaped where it is made
        "looks": {
            level: _look(scale.place(level), is_met=scale.meets(level.value)) for level, scale in of_level
        },
    }


def _row(row: GridRow, ways: list[str], frames: dict[Cell, tuple[str, str]]) -> str:
    # Beside this page, which has an address of its own only: whole addresses would double what is sent.
    address = str(row.student_id)
    parts = [
        f'<tr><th scope="row"><a href="{address}/proficiencies">{escape(row.name or _("A student"))}</a></th>'
    ]
    for way, cell in zip(ways, row.cells, strict=True):
        if cell is None:
            parts.append("<td>–</td>")
        else:
            begin, end = frames[cell]
            parts.append(f"{begin}{address}{way}{end}")
    return "".join([*parts, "</tr>"])


def _frame(cell: Cell) -> tuple[str, str]:
    """Return what stands before and behind the address in a cell."""
    code = escape(cell.level.code)
    letter = f"<u>{code}</u>" if cell.is_judged else code
    # By keyboard a student's name leads there: nobody has to pass six thousand links.
    look = _look(cell.place, is_met=cell.meets)
    return f'<td class="{look}"><a tabindex="-1" href="', f'">{letter}</a></td>'


def _look(place: int, *, is_met: bool) -> str:
    return f"{'met' if is_met else 'below'} l{place}"


def _query(outline: Outline) -> dict[str, Any]:
    """Return what the address says of the grid; a part that does not fit on a page at once begins with its first."""
    found = {name: number_in(request.args.get(name, "")) for name in ("under", "sort", "course")}
    if not found["under"] and len(outline.rated) > MOST_COLUMNS and outline.headings:
        found["under"] = next(
            (one.id for one in outline.headings if len(outline.under(one.id)) <= MOST_COLUMNS),
            outline.headings[0].id,
        )
    return {name: number for name, number in found.items() if number}

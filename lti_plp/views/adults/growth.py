"""How students grow, for those who teach or advise them: a class as a grid, a student, a proficiency."""

from decimal import Decimal
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup, escape

from lti_plp.lms.growth_grid import Column, Grid, GridWish, growth_grid
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.growth.frameworks import frameworks_of, read_tree
from lti_plp.plp.growth.graduation import requirements_of
from lti_plp.plp.growth.growth_reading import cells_of, growth_of, tree_with
from lti_plp.plp.plans import find_plan
from lti_plp.plp.policy import TEAM_SEES, Action, may, require
from lti_plp.views.addresses import address_by
from lti_plp.views.adults.desk import bp, looked_at, page, tie, ties
from lti_plp.views.links import number_in
from lti_plp.views.visit import visit


@bp.get("/students/grid")
def grid() -> ResponseReturnValue:
    """Show the levels of all students whose results the visitor may see."""
    args = request.args
    wish = GridWish(
        framework=number_in(args.get("framework", "")) or None,
        sort=number_in(args.get("sort", "")) or None,
        part=number_in(args.get("part", "")) or None,
        level=args.get("level", "")[:12],
    )
    course = number_in(args.get("course", "")) or None
    found = _grid_of(wish, course)
    return page("grid", section="grid", grid=found, wish=wish, course=course, rows=grid_rows(found))


def _grid_of(wish: GridWish, course: int | None) -> Grid:
    here = visit()
    students = [
        student_id
        for student_id, one in ties().items()
        if (course is None or course in one.courses)
        and may(here.actor, Action.SEE_PLAN, one.work(here.tenant_id, "family"))
    ]
    return growth_grid(here.db, here.tenant_id, students, wish)


def grid_rows(found: Grid) -> Markup:
    """Return the rows of the grid as one text; what stands in many cells is made once.

    A cell is a link for whoever points at it. By keyboard a student's name leads there, so that nobody has to pass
    six thousand links.
    """
    names = address_by("adults.growth", "student_id")
    cells: dict[int, dict[Decimal, tuple[str, str]]] = {one.id: {} for one in found.columns}
    text = []
    for row in found.rows:
        address = names(row.id)
        text.append(
            f'\n<tr><th scope="row"><a href="{address}">{escape(row.name or _("A student"))}</a></th>'
        )
        for column in found.columns:
            value = row.values.get(column.id)
            if value is None:
                text.append("<td>—</td>")
                continue
            parts = cells[column.id].get(value)
            if parts is None:
                parts = cells[column.id][value] = _parts(column, value)
            text.append(f"{parts[0]}{address}{parts[1]}")
        text.append("</tr>")
    return Markup("".join(text))  # noqa: S704 - names and codes are escaped, the rest is our own


def _parts(column: Column, value: Decimal) -> tuple[str, str]:
    """Return what stands before and after a student's address in a cell: one hue in steps, and the level's letter."""
    if column.scale is None:
        return "<td>", "</td>"
    level = column.scale.level_at(value)
    steps = len(column.scale.levels) - 1
    heat = 1 + round(column.scale.place(level) / steps * 3)
    before = f'<td class="heat{heat}"><a tabindex="-1" href="'
    return before, f'/{column.id}">{escape(level.code)}</a></td>'


def _student(student_id: int) -> str:
    """Return the name of a student whose results the visitor may see.

    :raise NotFound: ``student_not_here``.
    :raise NotAllowed: when the visitor may not see them.
    """
    here = visit()
    require(here.actor, Action.SEE_PLAN, tie(student_id).work(here.tenant_id, "family"))
    looked_at(find_plan(here.db, here.tenant_id, student_id), "plan")
    return names_of_people(here.db, here.tenant_id, {student_id}).get(student_id, "")


def _of(student_id: int) -> dict[str, Any]:
    """Return the student with what gives the addresses of her pictures and evidence."""
    return {
        "student_id": student_id,
        "to_picture": address_by("adults.growth_in", "proficiency_id", student_id=student_id),
        "to_evidence": address_by("adults.read", "evidence_id", student_id=student_id),
    }


@bp.get("/students/<int:student_id>/growth")
def growth(student_id: int) -> ResponseReturnValue:
    """Show where one student stands with every proficiency of the school."""
    here, name = visit(), _student(student_id)
    trees = [read_tree(here.db, one) for one in frameworks_of(here.db, here.tenant_id)]
    every = [cells_of(here.db, tree, student_id) for tree in trees]
    return page("growth", section="grid", **_of(student_id), name=name, every=every)


@bp.get("/students/<int:student_id>/growth/<int:proficiency_id>")
def growth_in(student_id: int, proficiency_id: int) -> ResponseReturnValue:
    """Show the picture of one proficiency of one student over time."""
    here, name = visit(), _student(student_id)
    tree = tree_with(here.db, here.tenant_id, proficiency_id)
    shown = growth_of(here.db, tree, student_id, proficiency_id, TEAM_SEES)
    return page("growth_in", section="grid", **_of(student_id), name=name, shown=shown)


@bp.get("/students/<int:student_id>/graduation")
def graduation(student_id: int) -> ResponseReturnValue:
    """Show what the school asks for graduation, and how much of it the student has shown."""
    here, name = visit(), _student(student_id)
    found = requirements_of(here.db, here.tenant_id, student_id, TEAM_SEES)
    return page("graduation", section="grid", **_of(student_id), name=name, requirements=found)

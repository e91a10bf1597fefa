"""How students grow, for those who teach or advise them: all proficiencies, one over time, what graduation asks."""

from typing import Any

from flask.typing import ResponseReturnValue

from lti_plp.lms.naming import names_of_people
from lti_plp.plp.growth.frameworks import frameworks_of, read_tree
from lti_plp.plp.growth.goal_reading import goal_growth, progress_words
from lti_plp.plp.growth.graduation import requirements_of
from lti_plp.plp.growth.growth_reading import cells_of, growth_of, tree_with
from lti_plp.plp.plans import find_plan
from lti_plp.plp.policy import FAMILY_SEES, TEAM_SEES, Action, may, require
from lti_plp.views.addresses import address_by
from lti_plp.views.adults.desk import bp, kinds, looked_at, page, tie
from lti_plp.views.language import choose_locale
from lti_plp.views.visit import visit


def _student(student_id: int) -> str:
    """Return the name of a student whose results the visitor may see.

    :raise NotFound: ``student_not_here``.
    :raise NotAllowed: when the visitor may not see them.
    """
    here = visit()
    require(here.actor, Action.SEE_PLAN, tie(student_id).work(here.tenant_id, "family"))
    looked_at(find_plan(here.db, here.tenant_id, student_id), "plan")
    return names_of_people(here.db, here.tenant_id, {student_id}).get(student_id, "")


def _seen(student_id: int) -> frozenset[str]:
    """Return of which audiences the visitor sees what lies behind a level: a mentor sees what the family sees."""
    here = visit()
    sees_all = may(here.actor, Action.SEE_PLAN, tie(student_id).work(here.tenant_id))
    return TEAM_SEES if sees_all else FAMILY_SEES


def _of(student_id: int) -> dict[str, Any]:
    """Return the student with what gives the addresses of her pictures and evidence."""
    return {
        "student_id": student_id,
        "to_picture": address_by("adults.growth_in", "proficiency_id", student_id=student_id),
        "to_evidence": address_by("adults.read", "evidence_id", student_id=student_id),
    }


@bp.get("/students/<int:student_id>/growth")
def growth(student_id: int) -> ResponseReturnValue:
    """Show where one student stands with every proficiency of the school, and with the goals of the plan."""
    here, name = visit(), _student(student_id)
    trees = [read_tree(here.db, one) for one in frameworks_of(here.db, here.tenant_id)]
    every = [cells_of(here.db, tree, student_id) for tree in trees]
    plan, words = find_plan(here.db, here.tenant_id, student_id), progress_words(kinds(), choose_locale())
    goals = goal_growth(here.db, plan.id, words, _seen(student_id)) if plan else ()
    return page("growth", section="students", **_of(student_id), name=name, every=every, goals=goals)


@bp.get("/students/<int:student_id>/growth/<int:proficiency_id>")
def growth_in(student_id: int, proficiency_id: int) -> ResponseReturnValue:
    """Show the picture of one proficiency of one student over time."""
    here, name = visit(), _student(student_id)
    tree = tree_with(here.db, here.tenant_id, proficiency_id)
    shown = growth_of(here.db, tree, student_id, proficiency_id, _seen(student_id))
    return page("growth_in", section="students", **_of(student_id), name=name, shown=shown)


@bp.get("/students/<int:student_id>/graduation")
def graduation(student_id: int) -> ResponseReturnValue:
    """Show what the school asks for graduation, and how much of it the student has shown."""
    here, name = visit(), _student(student_id)
    found = requirements_of(here.db, here.tenant_id, student_id, _seen(student_id))
    return page("graduation", section="students", **_of(student_id), name=name, requirements=found)

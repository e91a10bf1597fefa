"""How a student grows: all proficiencies and goals at a glance, the picture of one, and what graduation asks for."""

from flask.typing import ResponseReturnValue

from lti_plp.plp.growth.frameworks import frameworks_of, read_tree
from lti_plp.plp.growth.goal_reading import goal_growth, progress_words
from lti_plp.plp.growth.graduation import requirements_of
from lti_plp.plp.growth.growth_reading import cells_of, growth_of, tree_with
from lti_plp.views.language import choose_locale
from lti_plp.views.plan.desk import bp, kinds, page, plan_or_none
from lti_plp.views.visit import visit


@bp.get("/plan/growth")
def growth() -> ResponseReturnValue:
    """Show where the student stands with every proficiency of the school, and with the goals of the plan."""
    here, plan = visit(), plan_or_none()
    trees = [read_tree(here.db, one) for one in frameworks_of(here.db, here.tenant_id)]
    return page(
        "growth",
        section="proficiencies",
        every=[cells_of(here.db, tree, here.actor.person_id) for tree in trees],
        goals=goal_growth(here.db, plan.id, progress_words(kinds(), choose_locale())) if plan else (),
    )


@bp.get("/plan/growth/<int:proficiency_id>")
def growth_in(proficiency_id: int) -> ResponseReturnValue:
    """Show the picture of one proficiency over time."""
    here = visit()
    tree = tree_with(here.db, here.tenant_id, proficiency_id)
    shown = growth_of(here.db, tree, here.actor.person_id, proficiency_id)
    return page("growth_in", section="proficiencies", shown=shown)


@bp.get("/plan/graduation")
def graduation() -> ResponseReturnValue:
    """Show what the school asks for graduation, and how much of it the student has shown."""
    here = visit()
    found = requirements_of(here.db, here.tenant_id, here.actor.person_id)
    return page("graduation", section="proficiencies", requirements=found)

"""The teacher's pages of a copied reflection: keep it as it is, or change its questions before anybody begins."""

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.copied import change_copy, copied, keep_copy
from lti_plp.plp.policy import Action, require
from lti_plp.plp.reflections import LinkFacts, template_of
from lti_plp.plp.templates import AskedQuestion
from lti_plp.views.links import link_of_page
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import page_blueprint, toolbox, visit

bp = page_blueprint("copies", __name__)

MENDABLE = frozenset({"template_problems", "copy_begun"})
"""What is told on the page itself, with everything that was typed still there."""


@bp.post("/review/copy/keep", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/review/copy/keep")
def keep(link_id: int | None) -> ResponseReturnValue:
    """Say nothing more about where it came from."""
    here = visit()
    keep_copy(here.db, here.actor, link_of_page(link_id), toolbox().clock())
    here.db.commit()
    return redirect(url_for("teacher.review", link_id=link_id), 303)


@bp.get("/review/copy/questions", defaults={"link_id": None})
@bp.get("/links/<int:link_id>/review/copy/questions")
def questions(link_id: int | None) -> ResponseReturnValue:
    """Show the questions, to be changed."""
    link = link_of_page(link_id)
    template = template_of(visit().db, link)
    asked = [AskedQuestion(one["key"], one["text"]) for one in template.questions]
    return _page(link, link_id, template.instructions, asked)


def _page(
    link: LinkFacts,
    link_id: int | None,
    instructions: str,
    asked: Sequence[AskedQuestion],
    problem: str = "",
) -> str:
    here = visit()
    require(here.actor, Action.PLACE_REFLECTION, link.place)
    found = copied(here.db, link)
    if found is None:
        raise NotFound("This reflection is no copy.", code="no_copy")
    return render_template(
        "teacher/questions.html",
        link_id=link_id,
        copied=found,
        template=template_of(here.db, link),
        instructions=instructions,
        asked=asked,
        problem=problem or ("begun" if found.is_begun else ""),
    )


@bp.post("/review/copy/questions", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/review/copy/questions")
def change(link_id: int | None) -> ResponseReturnValue:
    """Change the questions."""
    here, link, form = visit(), link_of_page(link_id), request.form
    instructions = form.get("instructions", "").replace("\r\n", "\n")
    pairs = zip(form.getlist("key"), form.getlist("question"), strict=False)
    asked = [AskedQuestion(key, text.replace("\r\n", "\n")) for key, text in pairs if key or text.strip()]
    try:
        change_copy(here.db, here.actor, link, instructions, asked, toolbox().clock())
    except PlpError as problem:
        if problem.code not in MENDABLE:
            raise
        here.db.rollback()
        return _page(link, link_id, instructions, asked, _what(problem)), problem.status
    here.db.commit()
    return redirect(url_for("teacher.review", link_id=link_id), 303)


def _what(problem: PlpError) -> str:
    if problem.code == "copy_begun":
        return "begun"
    found = problem.details.get("questions")
    return str(found) if found else "too_long"

"""The student's pages of a placed reflection: writing it, sending it, seeing the answer."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.queue import DELIVER_SCORES
from lti_plp.lms.scores import submit_and_report
from lti_plp.plp.about import change_about
from lti_plp.plp.reflections import LinkFacts, Work, own_work, preview, template_of
from lti_plp.views.activity import AskedActivity, activity_asked
from lti_plp.views.links import link_of_page
from lti_plp.views.visit import gateway, page_blueprint, toolbox, visit, wake
from lti_plp.views.writing import Addresses, about_in, save_form, save_one, sent_page, write_page

bp = page_blueprint("student", __name__)


def _addresses(link_id: int | None) -> Addresses:
    return Addresses(
        edit=url_for("student.reflection", link_id=link_id, edit=1),
        submit=url_for("student.submit", link_id=link_id),
        about=url_for("student.about", link_id=link_id),
    )


@bp.get("/reflection", defaults={"link_id": None})
@bp.get("/links/<int:link_id>/reflection")
def reflection(link_id: int | None = None) -> ResponseReturnValue:
    """Show the reflection to write, what was sent, or how a student would see it."""
    here, link, addresses = visit(), link_of_page(link_id), _addresses(link_id)
    if not here.actor.is_learner or here.actor.is_test:
        shown = preview(here.db, here.actor, link)
        asked = activity_asked(shown.template, link, is_preview=True)
        return write_page(shown, link, addresses, is_preview=True, asked=asked)
    work = own_work(here.db, here.actor, link)
    is_open = work.state in {"new", "writing"} or (
        request.args.get("edit") == "1" and work.template.allow_resubmit
    )
    return _open_page(work, link, addresses) if is_open else sent_page(work, link, addresses)


def _open_page(work: Work, link: LinkFacts, addresses: Addresses, **more: Any) -> str:
    return write_page(work, link, addresses, asked=activity_asked(work.template, link), **more)


def _done_for(link: LinkFacts) -> str:
    """Return what was done in the plan, as it is handed in; empty where only answers are asked for."""
    template = template_of(visit().db, link)
    asked: AskedActivity | None = activity_asked(template, link)
    return asked.work.told(template.locale) if asked else ""


@bp.put("/reflection/answers/<key>", defaults={"link_id": None})
@bp.put("/links/<int:link_id>/reflection/answers/<key>")
def save(key: str, link_id: int | None) -> ResponseReturnValue:
    """Save one answer as it is typed."""
    return save_one(link_of_page(link_id), key)


@bp.post("/reflection/submit", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/reflection/submit")
def submit(link_id: int | None) -> ResponseReturnValue:
    """Save what the form holds and send it to the teacher."""
    here, link, addresses = visit(), link_of_page(link_id), _addresses(link_id)
    conflicts = save_form(link, request.form)
    if conflicts:
        here.db.commit()
        work = own_work(here.db, here.actor, link)
        return _open_page(work, link, addresses, problem="conflict", conflicts=conflicts), 409
    try:
        submit_and_report(here.db, here.actor, link, gateway(), toolbox().clock(), done=_done_for(link))
    except PlpError as problem:
        if problem.code != "nothing_written":
            raise
        here.db.rollback()
        work = own_work(here.db, here.actor, link)
        return _open_page(work, link, addresses, problem=problem.code), problem.status
    here.db.commit()
    wake(DELIVER_SCORES)
    return redirect(url_for("student.reflection", link_id=link_id), 303)


@bp.post("/reflection/about", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/reflection/about")
def about(link_id: int | None) -> ResponseReturnValue:
    """Connect the reflection with goals, steps and evidence of the plan."""
    here = visit()
    change_about(here.db, here.actor, link_of_page(link_id), about_in(request.form))
    here.db.commit()
    return redirect(url_for("student.reflection", link_id=link_id), 303)

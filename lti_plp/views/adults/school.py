"""What leaders see: how the school is doing in numbers, what shows that it does its duty, words for families."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.lms.calendar import year_at
from lti_plp.lms.joining_offers import count_pairs
from lti_plp.lms.models import Tenant
from lti_plp.lms.overview import COUNTED, FEWEST, LEFT_OUT, Overview, overview
from lti_plp.plp.explainers import load_explainers
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.csv_files import csv_answer
from lti_plp.views.visit import gateway, toolbox, visit


def _require() -> None:
    here = visit()
    require(here.actor, Action.SEE_SCHOOL, SchoolWide(here.tenant_id))


def _overview(by: str) -> dict[str, Any]:
    here, now = visit(), toolbox().clock()
    year = year_at(here.db, here.tenant_id, now.date())
    found = overview(here.db, here.tenant_id, year, now, by)
    return {"found": found, "year": year, "by": by, "counted": COUNTED, "fewest": FEWEST, "words": words()}


def _by() -> str:
    return "school" if request.args.get("by") == "school" else "grade"


@bp.get("/students/school")
def school() -> ResponseReturnValue:
    """Show the numbers of the district, by grade or by school."""
    _require()
    here = visit()
    twice = count_pairs(here.db, here.tenant_id)
    return page("school", section="school", lms=gateway().capabilities.kind, twice=twice, **_overview(_by()))


@bp.get("/students/administration")
def administration() -> ResponseReturnValue:
    """Show an administrator of the account what there is to set up and to look at."""
    _require()
    return page("administration", section="administration", lms=gateway().capabilities.kind)


@bp.get("/students/school/evidence")
def evidence_of_duty() -> ResponseReturnValue:
    """Show on one page, to be printed, that plans are made, updated and talked about."""
    _require()
    here = visit()
    name = here.db.get_one(Tenant, here.tenant_id).name
    return page("school_evidence", section="school", district=name, **_overview("grade"))


@bp.get("/students/school/evidence.csv")
def evidence_file() -> ResponseReturnValue:
    """Hand the same numbers out for a spreadsheet."""
    _require()
    found: Overview = _overview("grade")["found"]
    titles = words()
    head = [_("Grade"), *(titles[what] for what in COUNTED)]
    rows = [[_("All grades"), *_shown(found.total.counts)]]
    rows += [[one.name or _("No grade told"), *_shown(one.counts)] for one in found.rows]
    return csv_answer("plans-evidence", head, rows)


def _shown(counts: Any) -> list[str]:
    fewer = _("fewer than %(number)s", number=FEWEST)
    in_words: dict[Any, str] = {None: fewer, LEFT_OUT: _("not shown")}
    return [in_words.get(counts[what], str(counts[what])) for what in COUNTED]


def words() -> dict[str, str]:
    """Return what is counted -> its words."""
    return {
        "students": _("Students"),
        "with_plan": _("With a plan"),
        "updated": _("Updated in the last twelve months"),
        "with_adult": _("Name an adult who supports them"),
        "with_feedback": _("Had a reflection answered in the last twelve months"),
        "meeting_planned": _("A meeting is planned"),
        "meeting_held": _("A meeting was held this school year"),
        "pathway": _("On a flexible pathway"),
    }


@bp.get("/students/school/words")
def school_words() -> ResponseReturnValue:
    """Show texts that a school copies into its letters and pages, in both languages."""
    _require()
    return page(
        "school_words", section="school", explainers=load_explainers(toolbox().settings.config_folder)
    )

"""What the page of a conference's pack needs, for adults and for the student alike."""

from typing import Any

from lti_plp.lms.naming import names_of_people
from lti_plp.plp.kept_revisions import pieces_named
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.meeting_lists import MeetingLine, people_named
from lti_plp.plp.models import Plan
from lti_plp.plp.pack import is_early, read_pack
from lti_plp.views.language import choose_locale
from lti_plp.views.plan.history import known_of
from lti_plp.views.plan.wording import Wording
from lti_plp.views.visit import toolbox, visit


def pack_values(plan: Plan, meeting: MeetingLine, reader: str) -> dict[str, Any]:
    """Return the pack of a meeting as one of ``telling.READERS`` sees it, with everything that its words need."""
    here, box = visit(), toolbox()
    pack = read_pack(here.db, plan, reader)
    people = {*pack.people(), *people_named([meeting]), plan.person_id}
    return {
        "meeting": meeting,
        "pack": pack,
        "reader": reader,
        "student_id": plan.person_id,
        "names": names_of_people(here.db, here.tenant_id, people),
        "known": known_of(
            pack.plan.titles, pieces_named(pack.changes, "person"), pieces_named(pack.changes, "course")
        ),
        "in_words": Wording(load_kinds(box.settings.config_folder), pack.plan.titles, choose_locale()),
        "is_early": is_early(meeting.starts_at, box.clock()),
    }

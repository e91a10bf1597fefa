"""Who gets in where: every route, asked for by every kind of visitor. A route that the table does not know fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from lti_plp.launch.claims import ACTING_KEY
from lti_plp.launch.sessions import form_token
from lti_plp.lms.coursework_models import Coursework, MappingRule, StepWork
from lti_plp.lms.models import Identity, Relationship, ResourceLink, StandIn
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.models import (
    Comment,
    HandIn,
    HelpRequest,
    Meeting,
    MeetingParticipant,
    Plan,
    Reflection,
    TransitionPlan,
)
from tests.launching import CLAIM
from tests.plp.growth.growing import draft
from tests.views.conftest import FAMILY, MAYA, RIVERA, STRANGER, TEST_STUDENT, Human, School
from tests.views.growing import publish_skills
from tests.views.plans import fill, plan_of
from tests.views.test_pathways import entry_in, propose

AMIR = Human(
    "assistant-1",
    "Amir",
    "Haddad",
    (f"{'http://purl.imsglobal.org/vocab/lis/v2/membership'}/Instructor#TeachingAssistant",),
)
DINA = Human("developer-1", "Dina", "Lowell", ("ContentDeveloper",))
ODA = Human("administrator-1", "Oda", "Nyberg", ("Administrator",))

VISITORS = {
    "L": MAYA,
    "T": RIVERA,
    "t": AMIR,
    "D": DINA,
    "A": ODA,
    "M": FAMILY,
    "V": STRANGER,
    "x": TEST_STUDENT,
}
"""Learner (whose plan and reflection it is), Teacher, teaching assistant, content Developer, Administrator, Mentor,
Visitor without a role, and the platform's own test student."""

PUBLIC = {
    *("asset", "static", "health.healthz", "health.readyz", "health.metrics"),
    *("launch.login", "launch.launch", "launch.confirm", "launch.jwks"),
    *("registration.notices", "registration.register_platform", "registration.canvas_json"),
    "canvas.allowed",
}
"""Reached without a web session; each has checks of its own."""

ELSEWHERE = {
    # Whoever has a session may bring a file, and has to do with files of her own only: tests/views/test_files.py.
    *(f"files.{name}" for name in ("create", "describe", "facts", "progress", "receive", "complete")),
    *(f"files.{name}" for name in ("give_up", "read", "thumbnail")),
}


FORMS = {
    "teacher.rate": {"points": "1"},
    "adults.save_mapping": {"work": "1"},
    "plan.tie_step": {"work": "1", "when": "submitted"},
    "adults.answer_call": {"text": "Well done"},
    "adults.tick_transition": {"text": "Say what changes for me"},
}
"""What has to be sent for somebody's right to be asked at all."""


def _table(text: str) -> dict[str, str]:
    """Endpoint -> letters; each line has letters, a blueprint and names of its views."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("#"):
            letters, blueprint, *names = line.split()
            found.update({f"{blueprint}{name}".replace(":", "."): letters for name in names})
    return found


KINDS = {"plan.tell_about_me": {"kind": "entry"}, "plan.call": {"kind": "stuck"}}
"""Where ``kind`` in an address is no kind of item."""

TABLE = _table(
    """
    LTtAx     course: course
    LTtDAMVx  course: visitor no_course no_administrator
    M         course: observer
    # From a course's menu there is no dialog that waits for work, which is said to students.
    L         plan: choose_to_hand_in hand_in_chosen cancel_hand_in
    LTt       hand_ins: hand_in
    LTtDAx    student: reflection
    L         student: about save submit
    TtA       teacher: review one send_again
    Tt        teacher: rate
    TtDA      copies: keep questions change

    # From a course's menu there is nothing to place, which is said to those who could place something.
    TtDA      picker: picker preview choose language undo add remove drop place cancel
    TtDA      picker: search share_it improve_it withdraw_it say_it

    L         plan: home profile tell_about_me choose_grade add edit save remove restore
    L         plan: goal new_goal create_goal review save_review create_step reorder_step step step_done say_progress
    L         plan: all_evidence evidence new_evidence save_evidence
    L         plan: talk call close_call say settle accept_suggestion decline_suggestion say_what_i_think
    L         plan: history revision revision_kept start_revision keep then_and_now story print_plan take

    L         plan: proficiencies find_proficiencies proficiency rate_myself ask_to_be_seen
    L         plan: pathways pathway_entry take_entry new_pathway create_pathway pathway go_on
    L         plan: transition start_transition package agree_to_hand_over take_agreement_back

    L         reflections: new begin own past save about settings audience finish
    # The platform's own test student may look around; there is nothing to be seen.
    Lx        reflections: mine

    TtDA      adults: card_of_nobody
    A         adults: administration
    TtDA      adults: students grid keep forget cards ask_to_remind send_reminder triage
    TtDA      adults: keep_beginning remove_beginning
    TtDA      adults: people
    A         adults: frameworks framework framework_template take_framework bring_framework preview_framework
    A         adults: publish_framework choose_calculation framework_as_case choose_requirements fetch_framework
    A         adults: scales scales_template bring_scales preview_scales keep_scales
    A         adults: ask_to_withdraw withdraw_framework bring_framework_back
    # Whoever is stood in for ends it, and an administrator.
    TA        adults: end_stand_in_early
    TtA       adults: stand_in
    A         adults: choose_advisor add_relations end_relation_now
    Tt        adults: proficiencies proficiency rate_proficiency judge_level
    TtDA      adults: choose_proficiency rate_many keep_many
    Tt        adults: student say answer_call propose read answer elements mark
    TtDA      adults: radar radar_file time planning
    A         adults: calendar keep_calendar school evidence_of_duty evidence_file school_words
    L         plan: elements examples choose_example
    TtDA      adults: examples
    L         plan: growth growth_in graduation
    TtDA      adults: grid
    Tt        adults: growth growth_in graduation
    L         plan: meetings meeting meeting_pack meeting_file
    L         plan: tie_step untie_step show_work all_coursework take_coursework
    L         plan: copies keep_copies stop_copies
    Tt        adults: coursework coursework_state read_coursework stop_coursework
    A         adults: canvas_key save_canvas_key lms_outcomes read_lms_outcomes stop_lms_outcomes
    A         adults: dead_links dead_links_file joining judge_twice
    Tt        adults: mapping save_mapping end_mapping find_for_mapping use_earlier
    TtDA      adults: meetings choose_student
    Tt        adults: new_meeting create_meeting answer_wish meeting meeting_pack meeting_file change save
    Tt        adults: save_goal note_goal add_people remove_person save_attendance attendance cancel finish

    TtDA      adults: pathways pathway_entry
    A         adults: pathways_report new_entry add_entry edit_entry change_entry withdraw_entry
    Tt        adults: pathway decide
    Tt        adults: transition tick_transition propose_words family_agreement hand_over_package package
    """
)
"""Endpoint -> who gets in. A refusal is a 403, or a 404 where already the existence of something is nobody's
business."""

NOT_HERE = {
    *("copies.keep", "copies.questions", "copies.change"),
    *("plan.take", "plan.show_work", "adults.forget", "adults.remove_beginning"),
    *(
        "adults.take_framework",
        "adults.preview_framework",
        "adults.publish_framework",
        "adults.fetch_framework",
        "adults.read_lms_outcomes",
        "adults.preview_scales",
        "adults.keep_scales",
    ),
}
"""Where the example of the address does not exist, which those who may are told."""


@dataclass
class Place:
    """The school, with Maya's plan and what she sent, and an example of everything that an address may name."""

    school: School
    values: dict[str, Any]

    def path(self, rule: Rule) -> str:
        """An address that the rule matches, after the session's beginning."""
        known = self.values | KINDS.get(rule.endpoint, {})
        names = {name: known[name] for name in rule.arguments - {"handle"}}
        built = rule.build({**names, "handle": "H"})
        assert built
        return built[1].removeprefix("/s/H/")


@pytest.fixture
def place(app: Flask, school: School) -> Place:
    """Maya sent a reflection and has a plan; her teacher has been here."""
    for human in (RIVERA, AMIR):
        school.enter(human)
    maya = school.enter(MAYA, school.place())
    assert maya.save("q1", "It went well").status_code == 200
    assert maya.post("reflection/submit").status_code == 303
    planner = plan_of(app, school)
    ids = fill(planner)
    begun = planner.visitor.post("plan/reflections/new", key="form-1", start="words")
    called = planner.visitor.post(f"plan/calls/ready/goal/{ids['goal']}")
    said = planner.visitor.post(f"plan/say/goal/{ids['goal']}", text="I wonder about this")
    assert (begun.status_code, called.status_code, said.status_code) == (303, 303, 303)
    entry = entry_in(planner)
    way = propose(planner)
    planner.visitor.post("plan/transition/begin", kind="other")
    planner.visitor.post("plan/transition/1/agree", version="1", receiver="Ms. Dube")
    with planner.reading() as (session, plan):
        link = session.scalars(select(ResourceLink)).first()
        sent = session.scalars(select(Reflection)).first()
        assert link
        assert sent
        staff = {
            subject: session.scalars(select(Identity.person_id).where(Identity.subject == subject)).one()
            for subject in (RIVERA.subject, AMIR.subject)
        }
        stand_in, relation = _named(session, plan, staff[RIVERA.subject], staff[AMIR.subject])
        session.commit()
        handed = HandIn(
            id=str(uuid4()),
            tenant_id=plan.tenant_id,
            person_id=plan.person_id,
            course_id=link.course_id,
            kind="goal",
            item_id=ids["goal"],
            made_at=plan.first_developed_at,
        )
        session.add(handed)
        session.commit()
        values = {
            "hand_in_id": UUID(handed.id),
            "view_id": 1,
            "stand_in_id": stand_in.id,
            "relation_id": relation.id,
            "link_id": link.id,
            "person_id": plan.person_id,
            "student_id": plan.person_id,
            "reflection_id": sent.id,
            "template_id": UUID(begun.location.rsplit("/", 1)[-1]),
            "key": "q1",
            "kind": "goal",
            "item_kind": "goal",
            "item_id": ids["goal"],
            "goal_id": ids["goal"],
            "step_id": ids["soon"],
            "evidence_id": ids["evidence"],
            "suggestion_id": ids["idea"],
            "comment_id": session.scalars(select(Comment.id)).first(),
            **dict.fromkeys(("view_id", "starter_id", "framework_id", "upload_id"), 1),
            "element": "goals",
            "call_id": session.scalars(select(HelpRequest.id)).first(),
            "number": 1,
            **_meeting(session, plan),
            "pathway_id": entry,
            "participation_id": way,
            **_mapped(session, plan, ids["soon"]),
            "proficiency_id": publish_skills(planner.toolbox, plan.tenant_id)["talk"],
            "transition_id": session.scalars(select(TransitionPlan.id)).one(),
        }
    return Place(school, values)


def _meeting(session: Session, plan: Plan) -> dict[str, int]:
    """A meeting about the plan with somebody invited."""
    now = plan.first_developed_at
    person = plan.person_id
    row = Meeting(plan_id=plan.id, kind="interim", starts_at=now, minutes=30, made_by=person, made_at=now)
    session.add(row)
    session.flush()
    one = MeetingParticipant(meeting_id=row.id, person_id=person, role="student")
    session.add(one)
    session.flush()
    session.commit()
    return {"meeting_id": row.id, "participant_id": one.id}


def _mapped(session: Session, plan: Plan, step_id: int) -> dict[str, int]:
    """A rule for Maya's reflection, and a step that is this work."""
    work = session.scalars(select(Coursework)).one()
    framework = publish(session, None, plan.tenant_id, draft(guid="mapped"), 0, plan.first_developed_at)
    talk = read_tree(session, framework).rated[0]
    rule = MappingRule(
        coursework_id=work.id,
        proficiency_id=talk.id,
        definition={"version": 1, "by": "share", "starts": {"B": "0", "P": "70"}},
        made_at=plan.first_developed_at,
    )
    tied = StepWork(
        step_id=step_id,
        coursework_id=work.id,
        condition={"version": 1, "when": "submitted"},
        made_by=plan.person_id,
        made_at=plan.first_developed_at,
    )
    session.add_all([rule, tied])
    session.commit()
    return {"rule_id": rule.id, "tie_id": tied.id}


def _named(session: Session, plan: Plan, teacher: int, colleague: int) -> tuple[StandIn, Relationship]:
    """A colleague who stands in for a teacher's advisees from far away days on, and an advisor of such days."""
    day = date(2099, 9, 1)
    facts = {"tenant_id": plan.tenant_id, "valid_from": day, "valid_to": day, "made_by": teacher}
    made_at = plan.first_developed_at
    stand_in = StandIn(person_id=colleague, for_id=teacher, kind="substitute", made_at=made_at, **facts)
    relation = Relationship(
        adult_id=colleague, student_id=plan.person_id, kind="advisor", made_at=made_at, **facts
    )
    session.add_all([stand_in, relation])
    session.flush()
    return stand_in, relation


def rules(app: Flask) -> Iterator[Rule]:
    """Every route that needs a web session."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in PUBLIC | ELSEWHERE:
            yield rule


def test_every_route_is_known(app: Flask) -> None:
    assert {rule.endpoint for rule in rules(app)} == set(TABLE)


def requests(app: Flask, place: Place) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of everything; what only looks comes first."""
    for rule in sorted(rules(app), key=lambda one: ("GET" not in (one.methods or ()), one.rule)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, place.path(rule)


@pytest.mark.parametrize("letter", VISITORS)
def test_who_gets_in(app: Flask, place: Place, letter: str) -> None:
    visitor = place.school.enter(VISITORS[letter])
    headers = {"X-CSRF-Token": form_token(app.extensions["lti_plp"], visitor.handle)}
    wrong = []
    for endpoint, method, path in requests(app, place):
        form = FORMS.get(endpoint, {})
        body = {"json": {"text": "x", "base_revision": 0}} if method == "PUT" else {"data": form}
        answer = visitor.client.open(visitor.address(path), method=method, headers=headers, **body)
        refusals = {403} if endpoint in NOT_HERE else {403, 404}
        if answer.status_code >= 500 or (answer.status_code in refusals) is (letter in TABLE[endpoint]):
            wrong.append(f"{method} {endpoint}: {answer.status_code}")
    assert not wrong


@pytest.mark.parametrize("letter", "LTA")
def test_who_acts_as_somebody_changes_nothing(app: Flask, place: Place, letter: str) -> None:
    acting = {CLAIM + "custom": {ACTING_KEY: "31"}}
    visitor = place.school.enter(VISITORS[letter], **acting)
    headers = {"X-CSRF-Token": form_token(app.extensions["lti_plp"], visitor.handle)}
    wrong = []
    for endpoint, method, path in requests(app, place):
        if method == "GET":
            continue
        answer = visitor.client.open(visitor.address(path), method=method, headers=headers, json={})
        if (answer.status_code, (answer.get_json() or {}).get("code")) != (403, "looking_as"):
            wrong.append(f"{method} {endpoint}: {answer.status_code}")
    assert not wrong

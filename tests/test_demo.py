"""The demo's school: six students, whose stories are played through the real engine."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from lti_plp.app import create_app as create_tool
from lti_plp.cli.demo_plans import COURSES, ROLES, Door, arrival_of, make_plans
from lti_plp.cli.demo_story import VERBS, fields_in, read_stories
from lti_plp.clock import utc_now
from lti_plp.database import metadata, prepare_engine
from lti_plp.files.cabinet import make_cabinet
from lti_plp.files.models import StoredFile
from lti_plp.launch.models import WebSession
from lti_plp.launch.opaque import digest
from lti_plp.launch.registrations import NewRegistration, activate_deployment, add_registration, tenant_named
from lti_plp.launch.roles import roles_of
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.coursework_models import StepWork
from lti_plp.lms.directory import record_arrival
from lti_plp.lms.models import Deployment, Enrolment, Identity, Person
from lti_plp.migration import upgrade
from lti_plp.plp.actor import Role
from lti_plp.plp.history import state_at, verify
from lti_plp.plp.invitees import participants
from lti_plp.plp.items import GOAL
from lti_plp.plp.models import (
    ActionStep,
    BaselineAssessment,
    Comment,
    Evidence,
    Goal,
    GoalReview,
    HelpRequest,
    Meeting,
    PathwayParticipation,
    Plan,
    PlanChange,
    PlanRevision,
    ProfileEntry,
    Reflection,
    Suggestion,
    TransitionPlan,
)
from lti_plp.plp.pack import READY
from lti_plp.plp.reading import PlanPage, page_of
from lti_plp.plp.transition import read_transition
from lti_plp.prepared import ask
from lti_plp.sandbox.application import create_app
from lti_plp.sandbox.claims import roles_of as claimed_roles
from lti_plp.sandbox.school import course_by_id, person_by
from lti_plp.sandbox.store import Store
from lti_plp.settings import Settings
from lti_plp.views.database import db
from lti_plp.views.security import BROWSER_COOKIE

STUDENTS = ["asmita", "diego", "hodan", "leo", "maya", "sam"]
LMS = "http://localhost:8001"
STORIES = Settings().config_folder / "demo"


def school_of(folder: Path, course: int = 1, **options: Any) -> Any:
    """What the stand-in LMS tells of one of its courses; the first is English 9."""
    lms = create_app(LMS, folder, **options)
    return lms.test_client().get(f"/_sandbox/courses/{course}/people").get_json()


@dataclass
class DemoSchool:
    """A tool with the plans of the demo."""

    box: Toolbox
    door: Door
    courses: list[Any]
    made: int = 0

    @property
    def told(self) -> Any:
        """English 9."""
        return self.courses[0]

    def person_id(self, key: str) -> int:
        """Our id of somebody at the stand-in LMS."""
        people = [one for course in self.courses for one in course["people"]]
        subject = next(one["sub"] for one in people if one["key"] == key)
        with self.box.sessions() as session:
            return session.scalars(select(Identity.person_id).where(Identity.subject == subject)).one()

    def plan_id(self, key: str) -> int:
        """The plan of one of the students."""
        with self.box.sessions() as session:
            return session.scalars(select(Plan.id).where(Plan.person_id == self.person_id(key))).one()

    def page(self, key: str) -> PlanPage:
        """What the first page of a plan shows."""
        with self.box.sessions() as session:
            plan = session.get_one(Plan, self.plan_id(key))
            found = ask(session, page_of(plan.tenant_id, plan.person_id))
        assert found is not None
        return found

    def rows(self, key: str, model: Any, *conditions: Any) -> list[Any]:
        """Rows of a student's plan."""
        with self.box.sessions() as session:
            wanted = select(model).where(model.plan_id == self.plan_id(key), *conditions)
            return list(session.scalars(wanted.order_by(model.number if model is PlanChange else model.id)))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSchool]:
    """Seeded once for all tests, none of which changes anything but who looked at a plan."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings(secret_key="x" * 40, database_url=f"sqlite:///{folder / 'tool.sqlite3'}")
    engine = create_engine(settings.database_url)
    prepare_engine(engine)
    upgrade(engine)
    box = make_toolbox(settings, engine)
    with box.sessions.begin() as session:
        new = NewRegistration(
            "canvas", "Maple Hollow", LMS, "1", f"{LMS}/authorize", f"{LMS}/token", f"{LMS}/jwks"
        )
        row = add_registration(session, new, box.clock())
        activate_deployment(
            session, row, "d", tenant_named(session, "Maple Hollow", box.clock()), box.clock()
        )
        door = Door(row.id, LMS, "d")
    courses = [school_of(folder / "lms", number, students=6) for number in (1, 2)]
    assert tuple(one["title"] for one in courses) == COURSES
    school = DemoSchool(box, door, courses)
    school.made = make_plans(box, door, school.courses)
    yield school
    engine.dispose()


def today() -> date:
    return utc_now().date()


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {one.name: sorted(map(repr, session.execute(select(one)))) for one in metadata.tables.values()}


class TestStories:
    def test_there_is_one_for_each_student(self, demo: DemoSchool) -> None:
        stories = read_stories(STORIES, today())
        assert sorted(story.student for story in stories) == STUDENTS
        students = [one["key"] for one in demo.told["people"] if one["kind"] == "student"]
        assert sorted(students) == STUDENTS

    def test_they_tell_of_everything_that_can_be_done(self) -> None:
        told = {event.verb for story in read_stories(STORIES, today()) for event in story.events}
        assert told == set(VERBS)

    def test_links_lead_to_no_real_host(self, demo: DemoSchool) -> None:
        with demo.box.sessions() as session:
            urls = session.scalars(select(Evidence.url).where(Evidence.url != "")).all()
        assert urls
        assert [url for url in urls if not url.split("/")[2].endswith(".example.org")] == []

    @pytest.mark.parametrize(
        ("event", "complaint"),
        [
            ('days_ago = 0\nadd = "goal"', "days_ago"),
            ('days_ago = 3\nadd = "goal"\nremove = "x"', "one thing"),
            ('days_ago = 3\nsay = "x"', "one thing"),
            ('days_ago = 3\nreview = "x"\nmood = "good"', "mood"),
            ('days_ago = 3\nadd = "goal"\n[[event]]\ndays_ago = 4\nadd = "goal"', "order"),
            ('days_ago = 3\nadd = "goal"\nname = "a"\n[[event]]\nadd = "goal"\nname = "a"', "twice: a"),
        ],
    )
    def test_a_wrong_one_is_named(self, tmp_path: Path, event: str, complaint: str) -> None:
        (tmp_path / "ada.toml").write_text(f'student = "ada"\n[[event]]\n{event}\n')
        with pytest.raises(ValueError, match=rf"ada\.toml.*{complaint}"):
            read_stories(tmp_path, today())

    def test_days_count_from_the_event(self) -> None:
        at = utc_now() - timedelta(days=10)
        words = {"target_in": 4, "parent": "far", "entries": ["a", "b"]}
        fields = fields_in(GOAL, words, at, {"far": 7, "a": 2, "b": 1}.__getitem__, {})
        target = (at.date() + timedelta(days=4)).isoformat()
        assert fields == {"target_on": target, "parent_id": 7, "entry_ids": [2, 1]}
        with pytest.raises(ValueError, match="wishes"):
            fields_in(GOAL, {"wishes": 3}, at, len, {})


class TestSeeding:
    def test_six_plans_whose_history_is_whole(self, demo: DemoSchool) -> None:
        assert demo.made == 6
        with demo.box.sessions() as session:
            plans = session.scalars(select(Plan.id)).all()
            assert [verify(session, plan) for plan in plans] == [[]] * 6

    def test_again_changes_nothing(self, demo: DemoSchool) -> None:
        with demo.box.sessions() as session:
            before = everything(session)
        assert make_plans(demo.box, demo.door, demo.courses) == 0
        with demo.box.sessions() as session:
            assert everything(session) == before

    def test_a_launch_finds_the_same_people(self, demo: DemoSchool) -> None:
        """Real ones say the same, and where the platform's services are."""
        maya = next(one for one in demo.told["people"] if one["key"] == "maya")
        arrival = arrival_of(demo.door, demo.told, maya, frozenset({Role.LEARNER}))
        real = replace(arrival, memberships_url=f"{LMS}/members", platform_name="Maple Hollow School")
        counts = [select(func.count()).select_from(one) for one in (Person, Identity, Enrolment)]
        with demo.box.engine.connect() as connection:
            before = [connection.scalar(count) for count in counts]
            place = record_arrival(connection, real, demo.box.clock())
            assert [connection.scalar(count) for count in counts] == before
            connection.rollback()
        assert (place.person_id, place.teacher_name) == (demo.person_id("maya"), "Ms. Rivera")

    @pytest.mark.parametrize("course", [0, 1])
    def test_a_launch_brings_the_same_roles(self, demo: DemoSchool, tmp_path: Path, course: int) -> None:
        create_app(LMS, tmp_path, students=6)
        told = demo.courses[course]
        with closing(Store(tmp_path).connect()) as db:
            place = course_by_id(db, course + 1)
            assert place
            for one in told["people"]:
                person = person_by(db, "key", one["key"])
                assert person
                brought, is_test = roles_of(claimed_roles(db, person, place))
                assert is_test or brought == ROLES.get(one["kind"], frozenset()), one["key"]

    def test_her_mother_follows_maya(self, demo: DemoSchool) -> None:
        maya = next(one for one in demo.told["people"] if one["key"] == "maya")
        with demo.box.sessions() as session:
            enrolment = session.scalars(
                select(Enrolment).where(Enrolment.person_id == demo.person_id("ana"))
            ).one()
        assert (enrolment.roles, enrolment.mentor_of) == ("mentor", [maya["sub"]])

    def test_files_are_whole_and_have_their_pictures(self, demo: DemoSchool) -> None:
        cabinet = make_cabinet(demo.box.settings, demo.box.engine)
        with demo.box.sessions() as session:
            files = session.scalars(select(StoredFile)).all()
        assert {one.state for one in files} == {"ready"}
        kinds = {str(one.content_type) for one in files}
        assert {"application/pdf", "audio/wav"} < kinds
        seen = [one for one in files if one.content_type != "audio/wav"]
        assert len(seen) >= 15
        assert all(one.thumbnail_key for one in seen)
        for one in seen[:3]:
            content = b"".join(cabinet.store.read(str(one.thumbnail_key)))
            with Image.open(BytesIO(content)) as image:
                assert len(image.convert("RGB").getcolors(2**24) or ()) > 3


class TestWhatThePagesShow:
    def test_maya_went_from_grade_7_to_9(self, demo: DemoSchool) -> None:
        page = demo.page("maya")
        assert (page.plan.grade, page.plan.suggestions) == (9, 2)
        assert 20 <= page.plan.evidence <= 30
        assert {one.years_ahead for one in page.long_goals()} == {10, 5}
        began = (utc_now() - page.plan.first_developed_at).days
        assert began > 2 * 365 + 300
        states = {one.state for one in demo.rows("maya", Goal)}
        assert {"active", "met", "not_met", "removed"} <= states
        reviews = demo.rows("maya", GoalReview)
        assert {one.outcome for one in reviews} == {"met", "continue", "extend", "revise", "remove"}
        assert {one.state for one in demo.rows("maya", Suggestion)} == {"open", "accepted", "declined"}
        assert any(one.settled_at for one in demo.rows("maya", Comment))
        assert {"me", "team", "family"} <= {one.audience for one in demo.rows("maya", ProfileEntry)}

    def test_something_is_late_and_something_is_for_this_week(self, demo: DemoSchool) -> None:
        due = [
            one.due_on - today()
            for one in demo.page("maya").steps
            if one.state in {"planned", "in_progress"} and one.due_on
        ]
        assert any(days < timedelta(0) for days in due)
        assert any(timedelta(0) <= days <= timedelta(days=7) for days in due)

    def test_something_lacks_its_why(self, demo: DemoSchool) -> None:
        assert demo.page("maya").plan.without_reason
        assert demo.page("sam").plan.without_reason

    def test_then_and_now(self, demo: DemoSchool) -> None:
        year_ago = utc_now() - timedelta(days=365)
        with demo.box.sessions() as session:
            then = state_at(session, demo.plan_id("maya"), year_ago)
        now = {str(one.id): one for one in demo.page("maya").entries}
        changed = [key for key, fields in then["entry"].items() if fields["text"] != now[key].text]
        assert len(changed) >= 2
        goals = {str(one.id): one for one in demo.page("maya").goals}
        assert any(
            fields["statement"] != goals[key].statement
            for key, fields in then["goal"].items()
            if key in goals
        )
        assert any(one.replaces_id for one in demo.rows("asmita", BaselineAssessment))
        old = demo.rows("maya", PlanRevision, PlanRevision.finished_at < year_ago)
        assert len(old) >= 3

    def test_reflections_have_several_voices(self, demo: DemoSchool) -> None:
        with demo.box.sessions() as session:
            found = session.scalars(select(Reflection)).all()
        assert {one.voice for one in found} == {"student", "family", "peer", "community"}
        assert {one.purpose for one in found} == {"formative", "summative"}
        assert {one.audience for one in found} == {"me", "team", "family"}
        assert {one.state for one in found} == {"draft", "submitted"}

    @pytest.mark.parametrize(("key", "kind"), [("sam", "stuck"), ("diego", "ready")])
    def test_open_calls(self, demo: DemoSchool, key: str, kind: str) -> None:
        calls = demo.rows(key, HelpRequest, HelpRequest.closed_at.is_(None))
        assert [one.kind for one in calls] == [kind]

    def test_hodan_was_silent_for_a_year(self, demo: DemoSchool) -> None:
        last = demo.rows("hodan", PlanChange)[-1]
        assert (utc_now() - last.at).days > 365
        page = demo.page("hodan")
        assert page.plan.formally_updated_at
        assert (utc_now() - page.plan.formally_updated_at).days > 365

    def test_asmita_is_about_to_change_schools(self, demo: DemoSchool) -> None:
        page = demo.page("asmita")
        assert (page.plan.grade, len(page.short_goals())) == (8, 1)
        assert len(page.entries) >= 12

    def test_diego_leaves_school(self, demo: DemoSchool) -> None:
        page = demo.page("diego")
        assert page.plan.grade == 12
        assert {"postsecondary"} == {one.kind for one in page.long_goals()}
        outside = [one for one in demo.rows("diego", Evidence) if one.origin == "out_of_school"]
        assert len(outside) >= 5

    def test_leo_has_just_begun(self, demo: DemoSchool) -> None:
        page = demo.page("leo")
        assert (len(page.entries), [one.state for one in page.goals]) == (1, ["draft"])
        assert (page.plan.revision, page.plan.evidence) == (0, 0)


@dataclass
class AdultAtDemo:
    """One of the demo's adults in front of the tool, as if after a launch from the course's menu."""

    demo: DemoSchool
    key: str
    client: FlaskClient

    def get(self, path: str) -> str:
        """A page, of which the names of students in braces stand for their ids."""
        ids = {key: self.demo.person_id(key) for key in STUDENTS}
        answer = self.client.get(f"/s/{self.key}/{path.format(**ids)}", follow_redirects=True)
        page = unescape(answer.get_data(as_text=True))
        assert answer.status_code == 200, page
        return page


@pytest.fixture(scope="module")
def demo_client(demo: DemoSchool) -> Iterator[FlaskClient]:
    app = create_tool(demo.box.settings)
    client = app.test_client()
    client.set_cookie(BROWSER_COOKIE, "s" * 32, secure=True, path="/")
    yield client
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def enter(demo: DemoSchool, demo_client: FlaskClient) -> Callable[[str], AdultAtDemo]:
    def as_somebody(key: str) -> AdultAtDemo:
        now = demo.box.clock()
        with demo.box.sessions.begin() as session:
            place = session.scalars(
                select(Enrolment).where(Enrolment.person_id == demo.person_id(key)).order_by(Enrolment.id)
            ).first()
            assert place
            session.merge(
                WebSession(
                    handle=key,
                    browser_hash=digest("s" * 32),
                    person_id=place.person_id,
                    deployment_id=session.scalars(select(Deployment.id)).one(),
                    course_id=place.course_id,
                    roles=place.roles,
                    is_test=False,
                    locale="en",
                    frame_origins=LMS,
                    return_url="",
                    used_at=now,
                    expires_at=now + timedelta(hours=1),
                )
            )
        return AdultAtDemo(demo, key, demo_client)

    return as_somebody


class TestPagesOfAdults:
    @pytest.mark.parametrize(
        ("who", "path", "words"),
        [
            ("rivera", "students", ["Hodan Abdi", "Stuck", "What I read on Mondays"]),
            ("rivera", "students/grid", ["CC.1", "<u>E</u>", "Expanding", "Diego Fuentes"]),
            ("rivera", "students/{maya}/proficiencies", ["judged by a person", "Proficient"]),
            ("rivera", "students/{maya}/growth", ["I ask good questions and plan how to answer them."]),
            ("osei", "students/frameworks", ["Transferable skills (Vermont, sample)", "Take it"]),
            ("rivera", "students/mapping", ["Radio piece: the final cut", "Argument essay, second draft"]),
            ("rivera", "students/{maya}", ["16 of 20", "12 of 20", "by the teacher’s rule, version 1"]),
            (
                "rivera",
                "students/{sam}",
                ["D+", "Developing", "On the way", "Done from this level on: Proficient"],
            ),
            ("rivera", "students/cards", ["Asmita Gurung", "Kites and wings"]),
            ("rivera", "students/triage", ["Send and next"]),
            ("rivera", "students/meetings", ["Not finished yet", "Coming", "Held", "Version 7"]),
            ("rivera", "students/pathways", ["Thursdays at the town's radio station", "Building trades"]),
            ("osei", "students/pathways/report", ["2 students take part in a pathway", "1 proposal waits"]),
            ("rivera", "students/due", ["Overdue", "Due within 60 days", "Later"]),
            ("rivera", "students/time", ["How long it takes"]),
            ("rivera", "students/people", ["Mr. Lavoie", "English 9", "Substitute"]),
            ("rivera", "students/planning", ["planning"]),
            ("rivera", "students/{maya}", ["At a glance", "pieces of evidence to read"]),
            ("rivera", "students/{maya}/elements", ["Maya Torres"]),
            ("rivera", "students/{asmita}/transition", ["North Ridge High School", "Ruth Whitcomb"]),
            ("lavoie", "students", ["Asmita Gurung", "Leo Bouchard", "Maya Torres"]),
            ("lavoie", "students/meetings", ["Library, the table by the window"]),
            ("osei", "students/school", ["Grade"]),
            ("osei", "students/calendar", ["Quarter 1"]),
            ("osei", "students/people", ["Mr. Lavoie", "Ms. Rivera"]),
        ],
    )
    def test_something_stands_there(
        self, enter: Callable[[str], AdultAtDemo], who: str, path: str, words: list[str]
    ) -> None:
        page = enter(who).get(path)
        assert [word for word in words if word not in page] == []

    @pytest.mark.parametrize(
        ("key", "words", "state"),
        [
            ("maya", ["16 of 20", "Before: 12 of 20", "Reached"], "done"),
            ("sam", ["D+", "On the way"], "in_progress"),
        ],
    )
    def test_a_step_follows_a_grade(
        self, demo: DemoSchool, enter: Callable[[str], AdultAtDemo], key: str, words: list[str], state: str
    ) -> None:
        with demo.box.sessions() as session:
            tied = session.scalars(select(StepWork.step_id)).all()
        (step,) = demo.rows(key, ActionStep, ActionStep.id.in_(tied))
        page = " ".join(enter(key).get(f"plan/steps/{step.id}").split())
        said = [*words, "by your teacher’s rule, version 1", "Done from this level on: Proficient"]
        assert [word for word in said if word not in page] == []
        assert step.state == state

    def test_a_conference_became_a_version(self, demo: DemoSchool) -> None:
        (held,) = [one for one in demo.rows("maya", Meeting) if one.state == "held"]
        revision = next(one for one in demo.rows("maya", PlanRevision) if one.id == held.revision_id)
        assert (revision.kind, revision.number) == ("annual", 7)
        assert held.decisions
        with demo.box.sessions() as session:
            people = participants(session, held.id)
        assert {one.role for one in people if one.state == "attended"} == {
            *("student", "family", "advisor", "teacher")
        }

    def test_a_pack_can_be_read(self, demo: DemoSchool, enter: Callable[[str], AdultAtDemo]) -> None:
        (coming,) = demo.rows("asmita", Meeting)
        assert timedelta(0) < coming.starts_at - utc_now() < READY
        page = enter("rivera").get(f"students/{{asmita}}/meetings/{coming.id}/pack")
        assert "Choose my grade 9 courses" in page

    def test_ways_in_several_states(self, demo: DemoSchool) -> None:
        states = [one.state for key in STUDENTS for one in demo.rows(key, PathwayParticipation)]
        assert sorted(states) == ["approved", "completed", "declined", "proposed"]

    def test_a_transition_waits_for_the_family(self, demo: DemoSchool) -> None:
        (item,) = demo.rows("asmita", TransitionPlan)
        with demo.box.sessions() as session:
            page = read_transition(session, item)
        assert (page.student is None, page.family) == (False, None)
        assert [one["done"] for one in item.checklist].count(True) == 1


class TestSchool:
    def test_an_advisor_comes_with_them(self, tmp_path: Path) -> None:
        keys = [one["key"] for one in school_of(tmp_path, 2, students=6)["people"]]
        assert keys == ["alex", "lavoie", "osei"]
        assert "lavoie" not in [one["key"] for one in school_of(tmp_path)["people"]]

    @pytest.mark.parametrize("count", [3, 6])
    def test_as_many_students_as_asked_for(self, tmp_path: Path, count: int) -> None:
        told = school_of(tmp_path, students=count)
        assert [one["kind"] for one in told["people"]].count("student") == count

    def test_more_students_come_to_a_school_that_is_there(self, tmp_path: Path) -> None:
        def keys(told: Any) -> dict[str, str]:
            return {one["key"]: one["sub"] for one in told["people"]}

        before = keys(school_of(tmp_path))
        after = keys(school_of(tmp_path, students=6))
        assert before.items() < after.items()
        assert len(after) == len(before) + 3
        assert keys(school_of(tmp_path)) == after

    def test_each_can_be_chosen_on_the_first_page(self, tmp_path: Path) -> None:
        lms = create_app(LMS, tmp_path, students=6)
        page = lms.test_client().get("/").get_data(as_text=True)
        assert [key for key in STUDENTS if f'value="{key}"' not in page] == []

    def test_nobody_knows_a_course_that_is_not_there(self, tmp_path: Path) -> None:
        client = create_app(LMS, tmp_path).test_client()
        assert client.get("/_sandbox/courses/99/people").status_code == 404

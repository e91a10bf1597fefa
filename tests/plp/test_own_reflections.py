"""Reflections that a student begins herself, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.about import MAX_ABOUT, About, about_of, change_about, choices, names_of
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.manner import Manner
from lti_plp.plp.models import (
    Goal,
    KeptAnswer,
    Reflection,
    ReflectionAbout,
    ReflectionAnswer,
    ReflectionSubmission,
    ReflectionTemplate,
)
from lti_plp.plp.own_reflections import (
    OwnDraft,
    asked_in,
    begin_own,
    change_audience,
    change_manner,
    prompts_named,
)
from lti_plp.plp.prompts import load_bank
from lti_plp.plp.reflection_lists import (
    PAGE_SIZE,
    list_own,
    reflections_of_evidence,
    reflections_of_goal,
    reflections_of_revision,
    reflections_of_step,
    revisions_of,
)
from lti_plp.plp.reflections import (
    Answer,
    OwnFacts,
    class_work,
    own_work,
    past_work,
    rate,
    save_answer,
    submit,
)
from lti_plp.plp.templates import QuestionDraft
from lti_plp.settings import Settings
from tests.factories import School, counted, make_school, minutes
from tests.plp.plans import PlanRows

BANK = load_bank(Settings().config_folder)
FREE = (QuestionDraft("What do you want to remember?"),)


class World:
    """A school with a teacher, two students, and a plan of the first one."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher = self.school.teacher()
        self.maya, self.eli = self.school.student(), self.school.student()
        self.plan = PlanRows(session, self.maya)
        session.commit()

    def begin(self, key: str = "form-1", who: Actor | None = None, at: float = 1, **facts: Any) -> OwnFacts:
        draft = OwnDraft(**{"key": key, "title": "A few words", "questions": FREE, **facts})
        return begin_own(self.session, who or self.maya, draft, minutes(at))

    def save(self, own: OwnFacts, text: str, base: int = 0, who: Actor | None = None) -> Any:
        return save_answer(self.session, who or self.maya, own, "q1", text, base, minutes(2))

    def count(self, table: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0

    def row(self, own: OwnFacts) -> Reflection:
        return self.session.scalars(select(Reflection).where(Reflection.template_id == own.template_id)).one()


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_begun_written_finished_and_taken_up_again(world: World) -> None:
    own = world.begin()
    work = own_work(world.session, world.maya, own)
    assert (work.state, work.answers, work.own) == ("writing", {}, Manner())
    assert (work.template.grading, work.template.layout, work.template.allow_resubmit) == (
        "none",
        "one",
        True,
    )
    world.save(own, "I spoke first today.")
    assert own_work(world.session, world.maya, own).answers == {"q1": Answer("I spoke first today.", 1)}
    first = submit(world.session, world.maya, own, minutes(3))
    assert (first.submission.number, first.is_new) == (1, True)
    assert not submit(world.session, world.maya, own, minutes(4)).is_new
    assert own_work(world.session, world.maya, own).state == "sent"
    world.save(own, "I spoke first today, twice.", 1)
    assert own_work(world.session, world.maya, own).state == "writing"
    assert submit(world.session, world.maya, own, minutes(5)).submission.number == 2
    world.session.commit()
    assert world.count(ReflectionSubmission) == 2


def test_nothing_written_cannot_be_finished(world: World) -> None:
    own = world.begin()
    with pytest.raises(BadInput) as problem:
        submit(world.session, world.maya, own, minutes(2))
    assert problem.value.code == "nothing_written"


def test_second_text_from_another_window_is_kept(world: World) -> None:
    own = world.begin()
    world.save(own, "From this window.")
    assert world.save(own, "From the other one.").conflict == "From this window."
    assert list(world.session.scalars(select(KeptAnswer.text))) == ["From the other one."]


def test_the_same_form_sent_twice_begins_one(world: World) -> None:
    first = world.begin()
    world.session.commit()
    assert world.begin(at=2) == first
    assert world.count(Reflection) == world.count(ReflectionTemplate) == 1
    # The same page, from the browser's history, with another choice.
    assert world.begin(title="Something else") != first
    assert world.begin(key="form-2") != first
    # Another student whose browser sends the same.
    assert world.begin(who=world.eli) != first
    assert world.count(Reflection) == 4


def test_it_is_written_from_any_course(world: World) -> None:
    own = world.begin()
    elsewhere = replace(world.maya, course_id=world.school.course_id + 1)
    world.save(own, "From history class.", who=elsewhere)
    assert own_work(world.session, elsewhere, own).answers["q1"].text == "From history class."


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.LEARNER])
def test_only_students_begin_one(world: World, role: Role) -> None:
    somebody = world.school.person(role)
    with pytest.raises(NotAllowed):
        world.begin(who=somebody)
    observer = world.school.person(Role.LEARNER, Role.MENTOR)
    with pytest.raises(NotAllowed):
        world.begin(who=observer)
    assert world.count(Reflection) == 0


def test_a_test_student_begins_and_changes_nothing(world: World) -> None:
    own = world.begin()
    test = replace(world.maya, is_test=True)
    for change in (
        lambda: world.begin(key="form-2", who=test),
        lambda: world.save(own, "Only trying.", who=test),
        lambda: submit(world.session, test, own, minutes(2)),
        lambda: change_manner(world.session, test, own, Manner()),
        lambda: change_audience(world.session, test, own, "team"),
        lambda: change_about(world.session, test, own, About()),
    ):
        with pytest.raises(NotAllowed):
            change()


def test_nobody_else_finds_it(world: World) -> None:
    own = world.begin()
    world.save(own, "Mine.")
    submit(world.session, world.maya, own, minutes(3))
    before = world.row(own).audience
    for attempt in (
        lambda: own_work(world.session, world.eli, own),
        lambda: world.save(own, "", who=world.eli),
        lambda: world.save(own, "Not mine.", who=world.eli),
        lambda: submit(world.session, world.eli, own, minutes(4)),
        lambda: change_audience(world.session, world.eli, own, "public"),
        lambda: change_manner(world.session, world.eli, own, Manner()),
        lambda: change_about(world.session, world.eli, own, About()),
        lambda: past_work(world.session, world.eli, world.row(own).id),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(NotAllowed):
        own_work(world.session, world.teacher, own)
    assert world.row(own).audience == before
    assert world.count(Reflection) == 1


def test_another_tenant_s_student_finds_nothing(world: World) -> None:
    own = world.begin()
    stranger = replace(world.maya, tenant_id=world.maya.tenant_id + 1)
    with pytest.raises(NotAllowed):
        own_work(world.session, stranger, own)
    with pytest.raises(NotFound):
        own_work(world.session, stranger, OwnFacts(stranger.tenant_id, own.template_id))


def test_a_placed_template_cannot_be_taken_for_one_s_own(world: World) -> None:
    placed = world.school.template(world.teacher)
    link = world.school.link(placed)
    save_answer(world.session, world.maya, link, "q1", "For the teacher.", 0, minutes(1))
    own = OwnFacts(world.maya.tenant_id, placed.id)
    with pytest.raises(NotFound):
        own_work(world.session, world.maya, own)
    with pytest.raises(NotFound):
        world.save(own, "Beside it.")
    assert world.count(Reflection) == 1


def test_the_class_and_the_gradebook_know_nothing_of_it(world: World) -> None:
    link = world.school.link(world.school.template(world.teacher))
    own = world.begin(manner=Manner(audience="team"))
    world.save(own, "Mine.")
    sent = submit(world.session, world.maya, own, minutes(3))
    assert class_work(world.session, world.teacher, link) == {}
    with pytest.raises(NotFound):
        rate(
            *(world.session, world.teacher, link, world.maya.person_id),
            *(sent.submission.id, None, "Seen", minutes(4)),
        )


class TestDraft:
    @pytest.mark.parametrize(
        ("facts", "field", "problem"),
        [
            ({"title": " "}, "title", "missing"),
            ({"title": "x" * 256}, "title", "too_long"),
            ({"questions": ()}, "questions", "missing"),
            ({"questions": FREE * 21}, "questions", "too_many"),
            ({"kind": "feelings"}, "kind", "unknown"),
            ({"key": ""}, "key", "missing"),
            ({"manner": Manner(voice="nobody")}, "voice", "unknown"),
            ({"manner": Manner(voice="family")}, "voice_name", "missing"),
            ({"manner": Manner(voice="family", voice_name="\x00 ")}, "voice_name", "missing"),
            ({"manner": Manner(voice="peer", voice_name="x" * 256)}, "voice_name", "too_long"),
            ({"manner": Manner(form="poem")}, "form", "unknown"),
            ({"manner": Manner(mode="shouted")}, "mode", "unknown"),
            ({"manner": Manner(purpose="")}, "purpose", "unknown"),
            ({"manner": Manner(audience="everybody")}, "audience", "unknown"),
        ],
    )
    def test_problems_are_named_and_nothing_is_made(
        self, world: World, facts: dict[str, Any], field: str, problem: str
    ) -> None:
        with pytest.raises(BadInput) as raised:
            world.begin(**facts)
        assert raised.value.details[field] == problem
        assert world.count(ReflectionTemplate) == 0

    def test_somebody_else_s_words(self, world: World) -> None:
        own = world.begin(
            manner=Manner("family", " my\ngrandmother ", "interview", "one_to_one", "summative", "team")
        )
        assert own_work(world.session, world.maya, own).own == Manner(
            "family", "my grandmother", "interview", "one_to_one", "summative", "team"
        )
        assert world.row(own).author_id is None, "the student herself writes it down"

    def test_one_s_own_words_bear_no_other_name(self, world: World) -> None:
        own = world.begin(manner=Manner(voice_name="my grandmother"))
        assert world.row(own).voice_name == ""

    def test_questions_of_the_bank_speak_to_whoever_answers(self) -> None:
        prompts = prompts_named(BANK, ["SE-2", "REF-3", "WRK-1", "no-such", "SE-1"])
        assert [prompt.id for prompt in prompts] == ["REF-3", "SE-1", "SE-2"]
        mine = asked_in(prompts, "student", "en")
        assert mine[0] == QuestionDraft("What went well, and how do I know?", "REF-3")
        theirs = asked_in(prompts, "family", "es-MX")
        assert theirs[0].text == prompts[0].text("adult", "es")


class TestManner:
    def test_it_can_be_changed_until_finished(self, world: World) -> None:
        own = world.begin()
        change_manner(world.session, world.maya, own, Manner("peer", "Noor", "dialogue", "small_group"))
        assert own_work(world.session, world.maya, own).own == Manner(
            "peer", "Noor", "dialogue", "small_group"
        )
        world.save(own, "We agreed.")
        submit(world.session, world.maya, own, minutes(3))
        with pytest.raises(PlpError) as problem:
            change_manner(world.session, world.maya, own, Manner(form="video"))
        assert (problem.value.code, problem.value.status) == ("already_finished", 409)
        assert world.row(own).form == "dialogue"

    def test_changing_it_leaves_the_audience_alone(self, world: World) -> None:
        own = world.begin(manner=Manner(audience="me"))
        change_manner(world.session, world.maya, own, Manner(audience="public"))
        assert world.row(own).audience == "me"

    def test_who_sees_it_can_be_changed_at_any_time(self, world: World) -> None:
        own = world.begin()
        assert world.row(own).audience == "me"
        change_audience(world.session, world.maya, own, "family")
        world.save(own, "Look.")
        submit(world.session, world.maya, own, minutes(3))
        change_audience(world.session, world.maya, own, "me")
        assert world.row(own).audience == "me"
        with pytest.raises(BadInput):
            change_audience(world.session, world.maya, own, "everybody")


class TestAbout:
    def test_it_is_said_at_the_beginning(self, world: World) -> None:
        about = About(
            frozenset({world.plan.goal()}), frozenset({world.plan.step()}), frozenset({world.plan.evidence()})
        )
        own = world.begin(about=about)
        reflection = world.row(own).id
        assert about_of(world.session, [reflection]) == {reflection: about}

    def test_it_can_be_changed_and_holds_on_to_what_was_removed(self, world: World) -> None:
        first, second, third = (world.plan.goal(f"Goal {number}") for number in range(3))
        own = world.begin(about=About(frozenset({first, second})))
        reflection = world.row(own).id
        world.session.execute(
            update(Goal).where(Goal.id == first).values(state="removed", removed_at=minutes(2))
        )
        change_about(world.session, world.maya, own, About(frozenset({third})))
        assert about_of(world.session, [reflection])[reflection] == About(frozenset({first, third}))
        change_about(world.session, world.maya, own, About(frozenset({third})))
        assert about_of(world.session, [reflection])[reflection] == About(frozenset({first, third}))

    def test_a_placed_reflection_is_connected_once_it_is_begun(self, world: World) -> None:
        link = world.school.link(world.school.template(world.teacher))
        about = About(frozenset({world.plan.goal()}))
        with pytest.raises(NotFound):
            change_about(world.session, world.maya, link, about)
        save_answer(world.session, world.maya, link, "q1", "Well.", 0, minutes(1))
        submit(world.session, world.maya, link, minutes(2))
        change_about(world.session, world.maya, link, about)
        assert list(about_of(world.session, [1]).values()) == [about]
        assert own_work(world.session, world.maya, link).state == "sent"

    @pytest.mark.parametrize("part", ["goals", "steps", "evidence"])
    def test_only_what_stands_in_one_s_own_plan(self, world: World, part: str) -> None:
        theirs = PlanRows(world.session, world.eli)
        made = {"goals": theirs.goal, "steps": theirs.step, "evidence": theirs.evidence}[part]()
        for about in (About(**{part: frozenset({made})}), About(**{part: frozenset({999_999})})):
            with pytest.raises(BadInput) as problem:
                world.begin(about=about)
            assert problem.value.code == "about_unknown"
            own = world.begin(key="another")
            with pytest.raises(BadInput):
                change_about(world.session, world.maya, own, about)
        assert world.count(ReflectionAbout) == 0

    def test_not_what_was_removed(self, world: World) -> None:
        gone = world.plan.step(removed_at=minutes(0))
        with pytest.raises(BadInput):
            world.begin(about=About(steps=frozenset({gone})))

    def test_not_too_much(self, world: World) -> None:
        with pytest.raises(BadInput) as problem:
            world.begin(about=About(frozenset(range(MAX_ABOUT + 1))))
        assert problem.value.code == "about_too_much"

    def test_what_can_be_chosen(self, world: World) -> None:
        goal, step = world.plan.goal("Run 5 km", position=1), world.plan.step()
        first = world.plan.goal("Read more", position=0)
        world.plan.step(removed_at=minutes(0))
        pieces = [world.plan.evidence(f"Piece {day}", day) for day in range(10)]
        PlanRows(world.session, world.eli).goal("Somebody else's")
        found = choices(world.session, world.maya.person_id, About(evidence=frozenset({pieces[0]})))
        assert [(one.id, one.text) for one in found.goals] == [(first, "Read more"), (goal, "Run 5 km")]
        assert [one.id for one in found.steps] == [step]
        assert [one.id for one in found.evidence] == [*pieces[:1:-1], pieces[0]]

    def test_names_are_those_of_one_s_own_plan(self, world: World) -> None:
        mine, gone = world.plan.goal("Mine"), world.plan.step("Gone", removed_at=minutes(0))
        theirs = PlanRows(world.session, world.eli).goal("Theirs")
        about = [About(frozenset({mine, theirs})), About(steps=frozenset({gone}))]
        found = names_of(world.session, world.maya.person_id, about)
        assert [one.text for one in found.goals] == ["Mine"]
        assert [one.text for one in found.steps] == ["Gone"]


class TestList:
    def test_it_holds_everything_of_every_course_newest_first(self, world: World) -> None:
        link = world.school.link(world.school.template(world.teacher))
        save_answer(world.session, world.maya, link, "q2", "Surprised.", 0, minutes(1))
        sent = submit(world.session, world.maya, link, minutes(2)).submission
        rate(world.session, world.teacher, link, world.maya.person_id, sent.id, None, "Yes", minutes(3))
        goal = world.plan.goal()
        world.begin(key="empty", at=4)
        own = world.begin(
            key="interview", at=5, about=About(frozenset({goal})), manner=Manner("family", "Abuela")
        )
        world.save(own, "  She said:\n\nkeep going. " + "Long. " * 40)
        world.begin(key="other's", who=world.eli)
        elsewhere = replace(world.maya, course_id=world.school.course_id + 7)
        page = list_own(world.session, elsewhere)
        assert [(line.state, line.title, line.is_own) for line in page.lines] == [
            ("writing", "A few words", True),
            ("new", "A few words", True),
            ("rated", "End of a project", False),
        ]
        newest, _, placed = page.lines
        assert newest.manner.voice_name == "Abuela"
        assert newest.about == About(frozenset({goal}))
        assert newest.beginning.startswith("She said: keep going. Long.")
        assert newest.beginning.endswith("…")
        assert (placed.beginning, placed.resource_link_id) == ("Surprised.", link.resource_link_id)
        assert page.next_before is None

    def test_states_of_one_s_own(self, world: World) -> None:
        own = world.begin()
        world.save(own, "Done.")
        submit(world.session, world.maya, own, minutes(3))
        assert list_own(world.session, world.maya).lines[0].state == "sent"
        world.save(own, "Done, and more.", 1)
        assert list_own(world.session, world.maya).lines[0].state == "writing"

    def test_pages(self, world: World, engine: Engine) -> None:
        for number in range(PAGE_SIZE + 3):
            world.begin(key=f"form-{number}", title=f"Day {number}")
        world.session.commit()
        with counted(engine) as statements:
            first = list_own(world.session, world.maya)
        assert len(statements) == 3, "as many statements for one as for twenty"
        second = list_own(world.session, world.maya, first.next_before)
        titles = [line.title for line in first.lines + second.lines]
        assert titles == [f"Day {number}" for number in reversed(range(PAGE_SIZE + 3))]
        assert len(first.lines) == PAGE_SIZE
        assert second.next_before is None

    def test_only_for_students(self, world: World) -> None:
        with pytest.raises(NotAllowed):
            list_own(world.session, world.teacher)

    def test_past_work_is_read_from_any_course(self, world: World) -> None:
        link = world.school.link(world.school.template(world.teacher))
        save_answer(world.session, world.maya, link, "q1", "Well.", 0, minutes(1))
        line = list_own(world.session, world.maya).lines[0]
        elsewhere = replace(world.maya, course_id=world.school.course_id + 7)
        found, work = past_work(world.session, elsewhere, line.reflection_id)
        assert (found, work.answers["q1"].text) == (link.resource_link_id, "Well.")
        own = world.begin()
        with pytest.raises(NotFound):
            past_work(world.session, world.maya, world.row(own).id)
        with pytest.raises(NotAllowed):
            past_work(world.session, world.teacher, line.reflection_id)

    def test_of_a_goal_a_step_and_a_piece_of_evidence(self, world: World) -> None:
        goal, step, piece = world.plan.goal(), world.plan.step(), world.plan.evidence()
        world.begin(key="goal", about=About(frozenset({goal})))
        world.begin(key="step", about=About(steps=frozenset({step}), evidence=frozenset({piece})))
        made = {line.about: line.reflection_id for line in list_own(world.session, world.maya).lines}
        args = (world.session, world.maya, world.plan.id)
        of_goal = reflections_of_goal(*args, goal).lines
        assert [line.reflection_id for line in of_goal] == [made[About(frozenset({goal}))]]
        assert [one.reflection_id for one in reflections_of_step(*args, step).lines] == [
            one.reflection_id for one in reflections_of_evidence(*args, piece).lines
        ]
        assert reflections_of_goal(*args, goal + 1).lines == ()
        for who in (world.eli, world.teacher):
            with pytest.raises(NotAllowed):
                reflections_of_goal(world.session, who, world.plan.id, goal)
        with pytest.raises(NotFound):
            reflections_of_goal(world.session, world.maya, world.plan.id + 1, goal)

    def test_revisions_and_reflections_know_each_other(self, world: World) -> None:
        own = world.begin()
        reflection = world.row(own).id
        revision = world.plan.revision(1, reflection)
        (line,) = revisions_of(world.session, world.maya, reflection)
        assert (line.revision_id, line.number, line.kind, line.finished_at) == (revision, 1, "interim", None)
        assert revisions_of(world.session, world.eli, reflection) == ()
        found = reflections_of_revision(world.session, world.maya, world.plan.id, revision)
        assert [one.reflection_id for one in found.lines] == [reflection]
        theirs = PlanRows(world.session, world.eli)
        assert reflections_of_revision(world.session, world.eli, theirs.id, revision).lines == ()


class TestAtOnce:
    """Two tabs and more, each with a connection of its own."""

    TABS = 6

    @pytest.fixture
    def maya(self, sessions: sessionmaker[Session]) -> Actor:
        with sessions.begin() as session:
            return make_school(session).student()

    def at_once(self, sessions: sessionmaker[Session], work: Any) -> list[Any]:
        gate = Barrier(self.TABS)

        def one(number: int) -> Any:
            gate.wait()
            with sessions.begin() as session:
                return work(session, number)

        with ThreadPoolExecutor(self.TABS) as pool:
            return list(pool.map(one, range(self.TABS)))

    def test_beginning_begins_one(self, sessions: sessionmaker[Session], maya: Actor) -> None:
        draft = OwnDraft("form-1", "A few words", FREE)
        begun = self.at_once(
            sessions, lambda session, number: begin_own(session, maya, draft, minutes(number))
        )
        assert len(set(begun)) == 1
        with sessions() as session:
            assert session.scalar(select(func.count()).select_from(Reflection)) == 1
            assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 1

    def test_saving_and_finishing_loses_no_word(self, sessions: sessionmaker[Session], maya: Actor) -> None:
        with sessions.begin() as session:
            own = begin_own(session, maya, OwnDraft("form-1", "A few words", FREE), minutes(0))

        def work(session: Session, number: int) -> None:
            save_answer(session, maya, own, "q1", f"Tab {number} wrote this", 0, minutes(number))
            submit(session, maya, own, minutes(number))

        self.at_once(sessions, work)
        with sessions() as session:
            standing = session.scalars(select(ReflectionAnswer)).one()
            kept = session.scalars(select(KeptAnswer.text)).all()
            assert list(session.scalars(select(ReflectionSubmission.number))) == [1]
        assert {standing.text, *kept} == {f"Tab {number} wrote this" for number in range(self.TABS)}

    def test_saying_what_it_is_about(self, sessions: sessionmaker[Session], maya: Actor) -> None:
        with sessions.begin() as session:
            goal = PlanRows(session, maya).goal()
            own = begin_own(session, maya, OwnDraft("form-1", "A few words", FREE), minutes(0))
        about = About(frozenset({goal}))
        self.at_once(sessions, lambda session, _: change_about(session, maya, own, about))
        with sessions() as session:
            assert session.scalar(select(func.count()).select_from(ReflectionAbout)) == 1

"""Proficiencies on the pages of students and teachers: what goals are about, ratings, judgements, and why."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.plp.history import is_same, replayed, verify
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import (
    Evidence,
    EvidenceProficiency,
    Goal,
    GoalProficiency,
    HelpRequest,
    Judgement,
    KeptLevel,
    PlanChange,
    PlanRevision,
    Rating,
)
from lti_plp.plp.revisions import keep_version
from tests.factories import counted
from tests.views.conftest import LEO, MAYA, SAM, School
from tests.views.growing import Growing, growing, many
from tests.views.plans import fill, plan_of


@pytest.fixture
def there(app: Flask, school: School) -> Growing:
    return growing(app, school)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def all_of(there: Growing, model: type[Any]) -> list[Any]:
    with there.maya.toolbox.sessions() as session:
        return list(session.scalars(select(model)))


class TestWhatThingsAreAbout:
    def test_a_goal_from_its_form_to_its_history(self, there: Growing) -> None:
        talk, solve = there.ids["talk"], there.ids["solve"]
        assert "I make myself understood." in there.maya.get("plan/goals/new")
        made = there.maya.visitor.post("plan/goals/new", statement="Speak up", proficiency_ids=str(talk))
        assert made.status_code == 303
        (goal,) = all_of(there, Goal)
        page = there.maya.get(f"plan/goals/{goal.id}")
        assert f'/plan/proficiencies/{talk}">I make myself understood.</a>' in page
        sent = there.maya.visitor.client.put(
            there.maya.visitor.address(f"plan/items/goal/{goal.id}"),
            json={"base_version": 1, "fields": {"proficiency_ids": [solve]}},
            headers={"X-CSRF-Token": there.maya.visitor.token()},
        )
        assert sent.status_code == 200
        assert [one.proficiency_id for one in all_of(there, GoalProficiency)] == [solve]
        history = text_of(there.maya.get(f"plan/history?item=goal-{goal.id}"))
        assert "What I get better at “Solves problems”" in history

    def test_what_changed_and_what_was_kept(self, there: Growing) -> None:
        talk, solve = there.ids["talk"], there.ids["solve"]
        now = there.maya.toolbox.clock()
        with there.maya.editor(now - timedelta(days=2)) as editor:
            goal = editor.add("goal", {"statement": "Speak up", "proficiency_ids": [talk]}).id
            keep_version(editor, "First")
        with there.maya.editor(now - timedelta(days=1)) as editor:
            editor.edit("goal", goal, 1, {"proficiency_ids": [solve]})
            editor.remove("goal", goal)
            editor.restore("goal", goal)
        assert [one.proficiency_id for one in all_of(there, GoalProficiency)] == [solve]
        with there.maya.reading() as (session, plan):
            assert verify(session, plan.id) == []
            kept = session.scalars(select(PlanRevision)).one().snapshot
            assert kept
            assert kept["items"]["goal"][str(goal)]["proficiency_ids"] == [talk]
        history = text_of(there.maya.get(f"plan/history?item=goal-{goal}"))
        assert "Taken out: “I make myself understood.”" in history
        assert "New: “Solves problems”" in history

    def test_a_plan_older_than_these_links_is_whole(self, there: Growing) -> None:
        with there.maya.editor() as editor:
            goal = editor.add("goal", {"statement": "Speak up"}).id
            plan_id = editor.plan.id
        box = there.maya.toolbox
        with box.sessions() as session:
            change = session.scalars(select(PlanChange).where(PlanChange.item_kind == "goal")).one()
            replay, there_now = replayed([change])["goal"], plan_state(session, plan_id)["goal"]
        del replay[str(goal)]["proficiency_ids"]
        assert is_same(replay[str(goal)], there_now[str(goal)])
        assert not is_same(replay[str(goal)], there_now[str(goal)] | {"proficiency_ids": [1]})
        assert not is_same(None, there_now[str(goal)])

    def test_evidence_needs_nothing_else(self, there: Growing) -> None:
        argue = there.ids["argue"]
        assert "I argue with sources." in there.maya.get(f"plan/evidence/new?proficiency={argue}")
        made = there.maya.visitor.post(
            "plan/evidence/new", text="My essay", proficiency_ids=str(argue), captured_on=""
        )
        assert made.status_code == 303, made.get_data(as_text=True)
        assert [one.proficiency_id for one in all_of(there, EvidenceProficiency)] == [argue]
        (piece,) = all_of(there, Evidence)
        assert f"/plan/proficiencies/{argue}" in there.maya.get(f"plan/evidence/{piece.id}")

    def test_none_of_another_district(self, there: Growing) -> None:
        refused = there.maya.visitor.post("plan/goals/new", statement="x", proficiency_ids="987654")
        assert refused.status_code == 400
        assert all_of(there, Goal) == []

    def test_among_many_a_search_finds_and_what_was_used_stands_first(
        self, app: Flask, school: School
    ) -> None:
        there = growing(app, school, *many(60))
        solve = there.ids["solve"]
        there.maya.visitor.post("plan/goals/new", statement="Solve", proficiency_ids=str(solve))
        page = there.maya.get("plan/goals/new")
        assert "Solves problems" in page
        assert "Ties knot" not in page
        assert "Find another one" in page
        found = there.maya.get("plan/proficiencies/find?q=KNÓT+17")
        assert re.findall(r"Ties knot (\d+)", found) == ["17"]
        assert "1 found" in found
        assert "Nothing holds these words" in there.maya.get("plan/proficiencies/find?q=zebra")
        assert there.maya.get("plan/proficiencies/find?q=ties").count('type="checkbox"') == 30

    def test_students_whose_goal_is_about_it(self, app: Flask, school: School, there: Growing) -> None:
        there.maya.visitor.post(
            "plan/goals/new", statement="Speak up", proficiency_ids=str(there.ids["talk"])
        )
        leo = plan_of(app, school, LEO)
        leo.visitor.post("plan/goals/new", statement="Run faster")
        both = there.rivera.get("students/cards")
        assert "Communicates clearly" in both
        assert "Run faster" in both
        one = there.rivera.get(f"students/cards?proficiency={there.ids['talk']}")
        assert "Speak up" in one
        assert "Run faster" not in one


class TestTheStudent:
    def test_what_am_i_working_on_now(self, there: Growing) -> None:
        assert "Nothing yet" in there.maya.get("plan/proficiencies")
        there.maya.visitor.post("plan/goals/new", statement="Speak", proficiency_ids=str(there.ids["talk"]))
        there.rate("P")
        there.rate("D")
        there.rate("E", "argue")
        page = text_of(there.maya.get("plan/proficiencies"))
        now, also = page.index("I am working on it now"), page.index("Also rated so far")
        assert (
            now
            < page.index("Skills and habits for everything I do")
            < page.index("I make myself understood.")
        )
        assert (
            page.index("I make myself understood.")
            < also
            < page.index("What I learn")
            < page.index("I argue")
        )
        assert "2 ratings" in page
        assert "It rests on 1 piece of evidence alone." in page
        assert not re.search(r"\d\.\d", page), "no decimals"

    def test_why_this_level(self, there: Growing) -> None:
        there.rate("D", note="Heard it on Monday")
        there.rate(None)
        there.rate("P")
        page = there.maya.get(f"plan/proficiencies/{there.ids['talk']}")
        words = text_of(page)
        assert "It rests on 2 ratings, in this order: Developing, Proficient." in words
        assert "Newer work counts more: the newest rating counts 65 %, all before it the rest." in words
        assert "1 rating said “not enough evidence” and does not count." in words
        assert "Heard it on Monday" in words
        assert "Elena Rivera" in words
        assert "Gives reasons with evidence." in words
        inside = page[
            page.index("Show me with numbers") : page.index("</details>", page.index("Show me with"))
        ]
        assert "65 % of 3 and 35 % of 2 make 2.65." in text_of(inside)
        assert "2.65" not in page.replace(inside, "")

    def test_what_is_thin_says_how_many_are_missing(self, app: Flask, school: School) -> None:
        there = growing(app, school, minimum=3)
        there.rate("P")
        line = text_of(there.maya.get("plan/proficiencies"))
        assert "It rests on 1 piece of evidence alone. 2 more ratings make it firm." in line
        page = text_of(there.maya.get(f"plan/proficiencies/{there.ids['talk']}"))
        assert "The school wants 2 more ratings before a level stands firm." in page

    def test_own_word_with_claim_and_evidence(self, there: Growing) -> None:
        talk = there.ids["talk"]
        there.maya.visitor.post("plan/evidence/new", text="My talk", proficiency_ids=str(talk))
        (piece,) = all_of(there, Evidence)
        said = there.maya.visitor.post(
            f"plan/proficiencies/{talk}", level="P", note="Nobody asked twice", evidence_id=str(piece.id)
        )
        assert said.status_code == 303
        (rating,) = all_of(there, Rating)
        assert (rating.role, rating.note, rating.evidence_id) == ("self", "Nobody asked twice", piece.id)
        page = text_of(there.maya.get(f"plan/proficiencies/{talk}"))
        assert "You say yourself: Proficient." in page
        assert "stands beside, does not count" in page
        assert "There is no level yet" in page
        again = there.maya.visitor.post(
            f"plan/proficiencies/{talk}", level="E", replaces_id=str(rating.id), note="x"
        )
        assert again.status_code == 303
        assert "corrected later" in there.maya.get(f"plan/proficiencies/{talk}")

    def test_nothing_chosen_keeps_what_was_typed(self, there: Growing) -> None:
        answer = there.maya.visitor.post(f"plan/proficiencies/{there.ids['talk']}", note="Because")
        assert answer.status_code == 400
        assert "Choose a level first." in answer.get_data(as_text=True)
        assert ">Because</textarea>" in answer.get_data(as_text=True)

    def test_a_goal_for_it_is_a_click_away(self, there: Growing) -> None:
        talk = there.ids["talk"]
        assert f"plan/goals/new?proficiency={talk}" in there.maya.get(f"plan/proficiencies/{talk}")
        form = there.maya.get(f"plan/goals/new?proficiency={talk}")
        assert f'name="proficiency_ids" value="{talk}" checked' in form
        assert re.search(r'<details class="more" open><summary>Say a little more', form)

    def test_asking_to_be_seen(self, there: Growing) -> None:
        answer = there.maya.visitor.post(f"plan/proficiencies/{there.ids['talk']}/show")
        assert answer.status_code == 303
        (call,) = all_of(there, HelpRequest)
        assert (call.kind, call.item_kind, call.item_id) == ("ready", "proficiency", there.ids["talk"])
        assert "I make myself understood." in there.rivera.get(f"students/{there.maya_id}")

    def test_what_came_from_a_course_says_where_from(self, there: Growing) -> None:
        talk = there.ids["talk"]
        there.rate("B")
        with there.maya.toolbox.sessions() as session, session.begin():
            first = session.scalars(select(Rating)).one()
            session.add(
                Rating(
                    tenant_id=first.tenant_id,
                    person_id=first.person_id,
                    proficiency_id=talk,
                    version_id=first.version_id,
                    value=Decimal(3),
                    role="lms",
                    source_key="work-1",
                    provenance={"score": "17 of 20"},
                    occurred_at=first.occurred_at,
                    created_at=first.created_at,
                )
            )
        page = text_of(there.maya.get(f"plan/proficiencies/{talk}"))
        assert "from a course" in page
        assert "Where this comes from score 17 of 20" in page

    def test_a_heading_is_no_page(self, there: Growing) -> None:
        assert there.maya.visitor.get(f"plan/proficiencies/{there.ids['skills']}").status_code == 404


class TestTheTeacher:
    def test_by_the_guide_with_note_day_and_evidence(self, there: Growing) -> None:
        there.maya.visitor.post("plan/evidence/new", text="My talk", proficiency_ids=str(there.ids["talk"]))
        (piece,) = all_of(there, Evidence)
        assert "Gives reasons with evidence." in there.rivera.get(there.page())
        answer = there.rivera.visitor.post(
            there.page(),
            ("guide-0", "P"),
            level="D",
            note="Clear, still few reasons",
            done_on="2026-01-15",
            evidence_id=str(piece.id),
        )
        assert answer.status_code == 303
        (rating,) = all_of(there, Rating)
        assert (rating.value, rating.guide, rating.role) == (2, {"Gives reasons": "P"}, "teacher")
        assert (rating.occurred_at.date().isoformat(), rating.evidence_id) == ("2026-01-15", piece.id)
        page = text_of(there.rivera.get(there.page()))
        assert "It rests on 1 piece of evidence: Developing." in page
        assert "Gives reasons: Proficient" in page

    def test_not_enough_evidence_is_no_level(self, there: Growing) -> None:
        assert there.rivera.visitor.post(there.page(), level="none").status_code == 303
        assert [one.value for one in all_of(there, Rating)] == [None]
        assert "No level yet" in there.rivera.get(there.page())

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"note": "x"}, "Choose a level first."),
            ({"level": "P", "done_on": "soon"}, "Choose the day"),
            ({"level": "P", "done_on": "1026-01-01"}, "Choose the day"),
            ({"level": "P", "done_on": "2126-01-01"}, "That day has not come yet."),
            ({"level": "P", "note": "x" * 2001}, "This is too long."),
            ({"level": "?"}, "Please choose this again."),
        ],
    )
    def test_what_cannot_be_said(self, there: Growing, form: dict[str, str], words: str) -> None:
        answer = there.rivera.visitor.post(there.page(), **form)
        assert answer.status_code == 400
        assert words in answer.get_data(as_text=True)
        assert all_of(there, Rating) == []

    def test_correcting_an_own_rating(self, there: Growing) -> None:
        there.rivera.visitor.post(there.page(), level="E", note="Wow")
        (wrong,) = all_of(there, Rating)
        form = there.rivera.get(f"{there.page()}?correct={wrong.id}")
        assert f'name="replaces_id" value="{wrong.id}"' in form
        assert ">Wow</textarea>" in form
        there.rivera.visitor.post(there.page(), level="D", replaces_id=str(wrong.id))
        page = text_of(there.rivera.get(there.page()))
        assert "It rests on 1 piece of evidence: Developing." in page
        assert "corrected later" in page

    def test_a_classmates_word_and_where_it_began(self, there: Growing) -> None:
        there.rivera.visitor.post(there.page(), ("as", "peer"), level="E", note="Leo: loud and clear")
        there.rivera.visitor.post(there.page(), ("as", "baseline"), level="B")
        roles = {(one.role, one.is_baseline) for one in all_of(there, Rating)}
        assert roles == {("peer", False), ("teacher", True)}
        page = text_of(there.maya.get(f"plan/proficiencies/{there.ids['talk']}"))
        assert "There is no level yet: no rating counts so far." in page
        assert "Where it began" in page
        assert "a classmate’s word" in page

    def test_judging_and_taking_it_back(self, there: Growing) -> None:
        there.rate("B")
        assert there.rivera.visitor.post(f"{there.page()}/judge").status_code == 400
        judged = there.rivera.visitor.post(f"{there.page()}/judge", judged="P", reason="Seen in the debate")
        assert judged.status_code == 303
        page = text_of(there.maya.get(f"plan/proficiencies/{there.ids['talk']}"))
        assert "Elena Rivera judged: Proficient" in page
        assert "Seen in the debate" in page
        assert "The ratings alone suggest: Beginning." in page
        assert "judged by a person" in text_of(there.maya.get("plan/proficiencies"))
        assert there.rivera.visitor.post(f"{there.page()}/judge", back="1").status_code == 303
        assert "judged: Proficient" not in text_of(there.maya.get(f"plan/proficiencies/{there.ids['talk']}"))
        assert len(all_of(there, Judgement)) == 2

    def test_private_evidence_stays_private(self, there: Growing) -> None:
        talk = there.ids["talk"]
        there.maya.visitor.post(
            "plan/evidence/new",
            text="Only mine",
            title="My secret try",
            audience="me",
            proficiency_ids=str(talk),
        )
        (piece,) = all_of(there, Evidence)
        there.maya.visitor.post(f"plan/proficiencies/{talk}", level="P", evidence_id=str(piece.id))
        page = there.rivera.get(there.page())
        assert "My secret try" not in page
        assert f"/evidence/{piece.id}" not in page
        assert (
            there.rivera.visitor.post(there.page(), level="P", evidence_id=str(piece.id)).status_code == 403
        )

    def test_what_a_private_goal_is_about_stays_private(self, there: Growing) -> None:
        with there.maya.editor() as editor:
            editor.add("goal", {"statement": "x", "audience": "me", "proficiency_ids": [there.ids["argue"]]})
            editor.add("goal", {"statement": "y", "proficiency_ids": [there.ids["talk"]]})
        assert "I argue with sources." in there.maya.get("plan/proficiencies")
        page = there.rivera.get(f"students/{there.maya_id}/proficiencies")
        assert "Communicates clearly" in page
        assert "Writes an argument" not in page

    def test_evidence_that_was_removed(self, there: Growing) -> None:
        facts = {"medium": "text", "text": "x", "title": "My talk", "proficiency_ids": [there.ids["talk"]]}
        with there.maya.editor() as editor:
            piece = editor.add("evidence", facts).id
        there.rivera.visitor.post(there.page(), level="P", evidence_id=str(piece))
        assert "My talk" in there.rivera.get(there.page())
        with there.maya.editor() as editor:
            editor.remove("evidence", piece)
        assert "My talk" not in there.rivera.get(there.page())

    def test_sent_twice_is_said_once(self, there: Growing) -> None:
        for _ in range(2):
            assert (
                there.rivera.visitor.post(there.page(), level="P", note="Clear", after="0").status_code == 303
            )
        (rating,) = all_of(there, Rating)
        after = re.search(r'name="after" value="(\d+)"', there.rivera.get(there.page()))
        assert after
        assert int(after[1]) == rating.id
        there.rivera.visitor.post(there.page(), level="P", note="Clear", after=after[1])
        assert len(all_of(there, Rating)) == 2
        several = f"students/rate/{there.ids['solve']}"
        for _ in range(2):
            there.rivera.visitor.post(several, **{f"level-{there.maya_id}": "none", "after": after[1]})
        assert len(all_of(there, Rating)) == 3

    def test_somebody_of_another_course(self, there: Growing) -> None:
        missing = f"students/999/proficiencies/{there.ids['talk']}"
        assert there.rivera.visitor.get(missing).status_code == 404
        assert there.rivera.visitor.post(missing, level="P").status_code == 404


class TestSeveralAtOnce:
    def test_a_class_after_a_discussion(self, app: Flask, school: School, there: Growing) -> None:
        leo, sam = plan_of(app, school, LEO).actor().person_id, plan_of(app, school, SAM).actor().person_id
        assert "Communicates clearly" in there.rivera.get("students/rate")
        address = f"students/rate/{there.ids['talk']}"
        assert there.rivera.get(address).count('class="levels"') == 3
        levels = [(f"level-{there.maya_id}", "P"), (f"level-{leo}", "none"), (f"level-{sam}", "")]
        answer = there.rivera.visitor.post(address, *levels, note="In the debate")
        assert answer.status_code == 303
        said = {(one.person_id, one.value, one.note) for one in all_of(there, Rating)}
        assert said == {(there.maya_id, 3, "In the debate"), (leo, None, "In the debate")}
        assert "2 students were rated." in there.rivera.get(f"{address}?said=2")

    def test_all_or_none(self, app: Flask, school: School, there: Growing) -> None:
        leo = plan_of(app, school, LEO).actor().person_id
        address = f"students/rate/{there.ids['talk']}"
        levels = [(f"level-{there.maya_id}", "P"), (f"level-{leo}", "?")]
        answer = there.rivera.visitor.post(address, *levels)
        assert answer.status_code == 400
        assert all_of(there, Rating) == []
        assert re.search(rf'name="level-{there.maya_id}" value="P" checked', answer.get_data(as_text=True))
        assert there.rivera.visitor.post(address).status_code == 400

    def test_nobody_elses_students(self, there: Growing) -> None:
        address = f"students/rate/{there.ids['talk']}"
        assert there.rivera.visitor.post(address, **{"level-987654": "P"}).status_code == 400
        assert all_of(there, Rating) == []

    def test_while_reading_evidence(self, there: Growing) -> None:
        talk, solve = there.ids["talk"], there.ids["solve"]
        about = [("proficiency_ids", str(talk)), ("proficiency_ids", str(solve))]
        there.maya.visitor.post("plan/evidence/new", *about, text="My talk", captured_on="2026-02-03")
        (piece,) = all_of(there, Evidence)
        address = f"students/{there.maya_id}/evidence/{piece.id}"
        assert there.rivera.get(address).count('data-rate-key="q"') == 2
        answer = there.rivera.visitor.post(address, **{f"rate-{talk}": "P", f"rate-{solve}": "none"})
        assert answer.status_code == 303
        said = {(one.proficiency_id, one.value, one.evidence_id) for one in all_of(there, Rating)}
        assert said == {(talk, 3, piece.id), (solve, None, piece.id)}
        assert {one.occurred_at.date().isoformat() for one in all_of(there, Rating)} == {"2026-02-03"}
        (row,) = [one for one in all_of(there, KeptLevel) if one.proficiency_id == talk]
        assert (row.suggested, row.ratings) == (3, 1)


class TestStatements:
    def statements(self, there: Growing, visitor: str, path: str) -> int:
        with counted(there.maya.toolbox.engine) as statements:
            getattr(there, visitor).get(path)
        return len(statements)

    @pytest.mark.parametrize(
        ("visitor", "path"),
        [
            ("maya", "plan/proficiencies"),
            ("maya", "plan/proficiencies/{talk}"),
            ("rivera", "students/{maya}/proficiencies"),
            ("rivera", "students/{maya}/proficiencies/{talk}"),
            ("rivera", "students/rate/{talk}"),
        ],
    )
    def test_as_many_however_much_there_is(
        self, app: Flask, school: School, there: Growing, visitor: str, path: str
    ) -> None:
        fill(there.maya)
        there.rate("P")
        address = path.format(maya=there.maya_id, **there.ids)
        getattr(there, visitor).get(address)
        before = self.statements(there, visitor, address)
        for level in "BDPE":
            there.rate(level)
            there.rate(level, "argue")
        plan_of(app, school, LEO)
        assert self.statements(there, visitor, address) == before


def test_in_spanish(app: Flask, school: School) -> None:
    there = growing(app, school)
    there.rate("P")
    maya = plan_of(app, school, MAYA, locale="es")
    page = text_of(maya.get(f"plan/proficiencies/{there.ids['talk']}"))
    assert "Se basa en 1 evidencia: Proficient." in page

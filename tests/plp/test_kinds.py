"""The vocabulary of a plan: complete, in both languages, and the same as what the tables know."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Table

from lti_plp.database import metadata
from lti_plp.plp import models
from lti_plp.plp.data_files import LOCALES, Texts, in_language
from lti_plp.plp.kinds import FIXED, GROUPS, Kinds, load_kinds, longest_id
from lti_plp.plp.models.items import AUDIENCES
from lti_plp.plp.prompts import STEPS

CONFIG = Path(__file__).parent.parent.parent / "config"

EXPECTED = {
    "profile_kind": "strength ability skill value influence interest motivation learning_preference"
    " aspiration_near aspiration_far need barrier habit",
    "profile_group": "good_at matters like learn future hard habits",
    "baseline_kind": "academic career interest learning_style personality",
    "goal_kind": "secondary postsecondary primary",
    "goal_area": "personal academic college career community",
    "horizon": "short long",
    "outcome": "completion postsecondary_readiness civic_engagement",
    "post_option": "two_year_college four_year_college military certificate employment other",
    "support_level": "alone some_help much_help",
    "meeting_kind": "initial annual interim student_requested transition student_led",
    "meeting_way": "in_person video phone in_writing",
    "participant_role": "student family advocate advisor teacher counselor case_manager administrator mentor friend"
    " other",
    "supporter_role": "family teacher advisor counselor mentor school_support friend other",
    "step_kind": "course assignment activity outside_school pathway prerequisite support_meeting",
    "step_state": "planned in_progress done changed dropped",
    "goal_state": "draft active met not_met removed",
    "progress": "not_yet begun on_the_way nearly_there reached",
    "achievement_kind": "baseline evidence benchmark performance self_assessment peer formative",
    "evidence_kind": "teacher_assessment own_assessment portfolio performance exhibition project everyday",
    "origin": "in_school out_of_school",
    "review_outcome": "met continue extend revise remove",
    "reason": "reflection changed_goal changed_interest changed_circumstance achieved other",
    "revision_kind": "initial interim annual transition",
    "voice": "student family teacher peer community",
    "reflection_form": "journal dialogue presentation audio video interview other",
    "reflection_mode": "written one_to_one small_group interview",
    "purpose": "formative summative",
    "audience": "me team family class public",
    "pathway_type": "dual_enrollment early_college virtual_learning work_based_learning high_school_completion"
    " adult_diploma expanded_learning career_technical service_learning own_design",
    "pathway_state": "idea proposed declined approved under_way completed validated withdrawn",
    "transition_kind": "to_high_school to_after_school change_of_school other",
    "transition_state": "draft agreed handed_over",
    "support_paper": "iep plan_504 est other",
    "cycle_step": "profile goals action work assess reflect revise",
}

HELD_BY_TABLES = {
    "action_step.audience": "audience",
    "action_step.state": "step_state",
    "evidence.audience": "audience",
    "evidence.origin": "origin",
    "goal.audience": "audience",
    "goal.horizon": "horizon",
    "goal.kind": "goal_kind",
    "goal.state": "goal_state",
    "goal_review.outcome": "review_outcome",
    "meeting.kind": "meeting_kind",
    "pathway_participation.audience": "audience",
    "pathway_participation.state": "pathway_state",
    "plan_revision.kind": "revision_kind",
    "profile_entry.audience": "audience",
    "reflection.audience": "audience",
    "reflection.purpose": "purpose",
    "reflection.voice": "voice",
    "transition_plan.audience": "audience",
    "transition_plan.state": "transition_state",
}
"""Column -> the group that its constraint repeats."""

NO_VOCABULARY = {
    "achievement.source",
    "evidence.medium",
    "hand_in.kind",
    "help_request.kind",
    "kept_answer.reason",
    "meeting.state",
    "meeting_participant.state",
    "plan_change.action",
    "reflection.state",
    "reflection_template.grading",
    "reflection_template.layout",
    "suggestion.state",
    # What a checklist says, and who finds a shared template: words of their pages.
    "element_mark.mark",
    "shared_template.scope",
    # Who rates: the calculation asks for it, and pages name it.
    "rating.role",
}
"""Columns whose codes only the code knows: nobody words them anew."""

COLUMNS = {
    "achievement.kind": "achievement_kind",
    "achievement.progress": "progress",
    "action_step.kind": "step_kind",
    "baseline_assessment.kind": "baseline_kind",
    "evidence.kind": "evidence_kind",
    "goal.area": "goal_area",
    "goal.post_option": "post_option",
    "goal.support_level": "support_level",
    "goal_review.reason_category": "reason",
    "meeting_note.reason_category": "reason",
    "meeting_participant.role": "participant_role",
    "meeting_participant.way": "meeting_way",
    "pathway.kind": "pathway_type",
    "pathway_participation.kind": "pathway_type",
    "plan_change.reason_category": "reason",
    "profile_entry.kind": "profile_kind",
    "reflection.form": "reflection_form",
    "reflection.mode": "reflection_mode",
    "transition_plan.kind": "transition_kind",
}
"""Column without a constraint -> the group that its codes are of."""


def words() -> list[tuple[str, str, Texts]]:
    """Every text of the vocabulary: where it stands, which one it is."""
    return [
        (f"{group} {kind.id}", name, texts)
        for group in GROUPS
        for kind in load_kinds(CONFIG).of(group).values()
        for name in ("title", "about", "ask", "example")
        if (texts := getattr(kind, name)) is not None
    ]


def tables() -> list[Table]:
    names = {getattr(models, name).__tablename__ for name in models.__all__}
    return [table for table in metadata.tables.values() if table.name in names]


def codes_of_tables() -> dict[str, set[str]]:
    """Column -> codes, of every constraint that lists some; another one may list a part of them."""
    found: dict[str, set[str]] = {}
    for table in tables():
        for rule in table.constraints:
            if isinstance(rule, CheckConstraint):
                for column, codes in re.findall(r"(\w+) IN \(([^)]*)\)", str(rule.sqltext)):
                    found.setdefault(f"{table.name}.{column}", set()).update(re.findall(r"'(\w+)'", codes))
    return found


@pytest.fixture(scope="module")
def kinds() -> Kinds:
    return load_kinds(CONFIG)


def test_every_group_has_its_codes_in_order(kinds: Kinds) -> None:
    assert {group: " ".join(kinds.of(group)) for group in kinds.groups} == EXPECTED
    assert tuple(kinds.of("cycle_step")) == STEPS
    assert tuple(kinds.of("audience")) == AUDIENCES


def test_tables_and_vocabulary_have_the_same_codes(kinds: Kinds) -> None:
    codes = codes_of_tables()
    assert set(codes) == set(HELD_BY_TABLES) | NO_VOCABULARY
    for column, group in HELD_BY_TABLES.items():
        assert codes[column] == set(kinds.of(group)), column
        assert group in FIXED, "a school must not take away what a table holds"


def test_codes_fit_their_columns_and_the_codes_that_rows_begin_with_are_there(kinds: Kinds) -> None:
    columns = {f"{table.name}.{column.name}": column for table in tables() for column in table.columns}
    for name, group in (COLUMNS | HELD_BY_TABLES).items():
        column = columns[name]
        if name in COLUMNS:
            assert longest_id(group) <= column.type.length, name  # type: ignore[attr-defined]
        begins_as = column.default.arg if column.default is not None else ""  # type: ignore[attr-defined]
        assert begins_as in {"", *kinds.of(group)}, name


def test_every_text_is_there_in_both_languages_and_fit_to_be_read() -> None:
    for where, name, texts in words():
        assert set(texts) == set(LOCALES), where
        for text in texts.values():
            assert len(text) <= {"title": 45, "about": 90, "ask": 90, "example": 60}[name], text
            assert len(text.split()) <= 16, text
            assert text.endswith("?") is (name == "ask"), text
            assert text.endswith(".") is (name in {"about", "example"}), text
        assert texts["es"].count("?") == texts["es"].count("¿")


def test_no_two_choices_of_a_group_look_the_same(kinds: Kinds) -> None:
    for group in GROUPS:
        for locale in LOCALES:
            titles = Counter(kinds.title(group, key, locale) for key in kinds.of(group))
            assert [title for title, number in titles.items() if number > 1] == []


def test_every_kind_of_the_profile_can_be_asked(kinds: Kinds) -> None:
    profile = kinds.of("profile_kind")
    assert all(kind.ask and kind.example for kind in profile.values())
    assert {kind.extra["group"] for kind in profile.values()} == set(kinds.of("profile_group"))
    # What is hard is the student's own until she decides otherwise.
    private = {kind.id for kind in profile.values() if kind.extra["audience"] == "me"}
    assert private == {"need", "barrier"}
    assert {kind.extra["audience"] for kind in profile.values()} == {"me", "team"}
    assert [kind.id for kind in profile.values() if kind.extra.get("asks_why")] == ["influence"]


def test_what_is_counted_has_its_numbers(kinds: Kinds) -> None:
    assert [kind.extra["share"] for kind in kinds.of("progress").values()] == [0, 25, 50, 75, 100]
    grades = {
        key: (kind.extra["first_grade"], kind.extra["last_grade"])
        for key, kind in kinds.of("goal_kind").items()
    }
    assert grades == {"secondary": (7, 12), "postsecondary": (7, 12), "primary": (0, 6)}
    assert all(kind.about for kind in kinds.of("audience").values())


@pytest.mark.parametrize(
    ("on", "old", "new"),
    [
        (date(2024, 6, 30), True, False),
        (date(2024, 7, 1), False, True),
        (date(2030, 1, 1), False, True),
        (None, True, True),
    ],
)
def test_what_was_repealed_is_not_chosen_any_more(
    kinds: Kinds, on: date | None, old: bool, new: bool
) -> None:
    chosen = {kind.id for kind in kinds.choices("pathway_type", on)}
    assert ("high_school_completion" in chosen, "adult_diploma" in chosen) == (old, new)
    assert "dual_enrollment" in chosen


def test_titles_follow_the_language_and_unknown_codes_stand_for_themselves(kinds: Kinds) -> None:
    assert kinds.title("audience", "me", "en") == "Only me"
    assert kinds.title("audience", "me", "es-MX") == "Solo yo"
    assert kinds.title("pathway_type", "high_school_completion", "en") == "High School Completion Program"
    assert kinds.title("reason", "moved_away", "es") == "moved_away"
    kind = kinds.of("profile_kind")["skill"]
    assert kind.ask is not None
    assert in_language(kind.ask, "fr") == kind.ask["en"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data that may be spoiled."""
    shutil.copytree(CONFIG / "plan", tmp_path / "plan")
    return tmp_path


def drop(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, "", text, count=1, flags=re.MULTILINE | re.DOTALL)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def without(group: str) -> Callable[[str], str]:
    return drop(rf"^\[\[{group}\]\]$.*?(?=^\[\[(?!{group}\]))")


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (swap('id = "skill"', ""), r"kinds\.toml, profile_kind: an entry has no id"),
        (swap('id = "skill"', 'id = "ability"'), r"profile_kind: ability stands there twice"),
        (swap('id = "skill"', 'id = "own:skill"'), r"profile_kind, own:skill: an id"),
        (swap('id = "skill"', f'id = "{"x" * 41}"'), r"at most 40"),
        (swap('id = "alone"', 'id = "entirely_on_my_own_feet"'), r"support_level, entirely.*at most 20"),
        (drop(r'^title\.es = "Habilidad"$'), r"profile_kind, skill: title"),
        (swap('about.en = "In the next weeks or months."', ""), r"horizon, short: about"),
        (drop(r'^ask\.en = "How do you learn best.*?^ask\.es.*?$'), r"learning_preference: ask and example"),
        (swap('group = "learn"', 'group = "sleep"'), r"learning_preference: group must be one of"),
        (swap('audience = "me"', 'audience = "nobody"'), r"need: audience must be one of"),
        (swap("asks_why = true", 'asks_why = "yes"'), r"influence: asks_why"),
        (swap("share = 25", "share = 101"), r"progress, begun: share must be a number from 0 to 100"),
        (swap("share = 25", "share = true"), r"progress, begun: share"),
        (swap("first_grade = 7", "first_grade = 13"), r"goal_kind, secondary: first_grade"),
        (swap("last_grade = 12", "last_grade = 6"), r"secondary: first_grade is above"),
        (swap("valid_to = 2024-06-30", 'valid_to = "2024-06-30"'), r"high_school_completion: valid_to"),
        (swap("valid_to = 2024-06-30", "valid_to = 2024-06-30T12:00:00Z"), r"completion: valid_to"),
        (
            swap("valid_to = 2024-06-30", "valid_to = 2024-06-30\nvalid_from = 2024-07-01"),
            r"valid_from is after",
        ),
        (swap('id = "not_met"', 'id = "missed"'), r"goal_state: its ids must be draft, active"),
        (swap('id = "long"', 'id = "longer"'), r"horizon: its ids"),
        (without("voice"), r"voice: its ids"),
        (without("goal_area"), r"goal_area: every entry is missing"),
        (swap('id = "activity"', 'id = "deed"'), r"step_kind: activity is missing"),
        (swap("[[purpose]]", "[[porpoise]]"), r"kinds\.toml: no such groups: porpoise"),
        (lambda text: drop(r"^\[\[cycle_step\]\].*\Z")(text) + "[cycle_step]\n", r"\[\[cycle_step\]\]"),
        (swap("id =", "id"), r"kinds\.toml cannot be read"),
    ],
)
def test_wrong_data_are_named(folder: Path, spoil: Callable[[str], str], names: str) -> None:
    path = folder / "plan" / "kinds.toml"
    good = path.read_text()
    path.write_text(spoil(good))
    assert path.read_text() != good
    with pytest.raises(ValueError, match=names):
        load_kinds(folder)


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "plan" / "kinds.toml"
    path.write_bytes(path.read_text().encode("latin-1"))
    with pytest.raises(ValueError, match=r"kinds\.toml cannot be read"):
        load_kinds(folder)


def test_a_school_may_add_and_reword(folder: Path) -> None:
    path = folder / "plan" / "kinds.toml"
    more = (
        '\n[[goal_area]]\nid = "farm"\ntitle.en = "On the farm"\ntitle.es = "En la granja"\ncolor = "green"\n'
    )
    path.write_text(path.read_text().replace('title.en = "Only me"', 'title.en = "Just me"') + more)
    kinds = load_kinds(folder)
    assert kinds.title("audience", "me", "en") == "Just me"
    assert list(kinds.of("goal_area"))[-1] == "farm"
    assert kinds.of("goal_area")["farm"].extra == {"color": "green"}

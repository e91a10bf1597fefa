"""The question bank: complete, in both languages, for both audiences; wrong data are named."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from lti_plp.plp.data_files import LOCALES, in_language
from lti_plp.plp.prompts import AUDIENCES, STEPS, PromptBank, load_bank
from lti_plp.plp.templates import MAX_QUESTION, QuestionDraft, TemplateDraft
from lti_plp.settings import Settings

CONFIG = Path(__file__).parent.parent.parent / "config"

COUNTS = {"PRO": 8, "GOA": 7, "ACT": 8, "WRK": 2, "ASS": 9, "REF": 10, "SE": 2, "REV": 6}
"""How many prompts each element of the plan has; WRK are tips, SE prompts for self-evaluation."""

STEP_OF = {
    "PRO": "profile",
    "GOA": "goals",
    "ACT": "action",
    "WRK": "work",
    "ASS": "assess",
    "REF": "reflect",
    "SE": "reflect",
    "REV": "revise",
}

TEXTS = [
    (prompt.id, audience, locale, prompt.text(audience, locale))
    for prompt in load_bank(CONFIG).by_id.values()
    for audience in AUDIENCES
    for locale in LOCALES
]


@pytest.fixture(scope="module")
def bank() -> PromptBank:
    return load_bank(CONFIG)


def test_the_bank_has_every_prompt_once(bank: PromptBank) -> None:
    expected = {f"{name}-{number}" for name, count in COUNTS.items() for number in range(1, count + 1)}
    assert set(bank.by_id) == expected
    assert Counter(prompt.kind for prompt in bank.by_id.values()) == {
        "question": 48,
        "tip": 2,
        "self_evaluation": 2,
    }
    assert sum(len(step.prompts) for step in bank.steps) == 52


def test_prompts_stand_in_their_step_in_order(bank: PromptBank) -> None:
    assert tuple(step.id for step in bank.steps) == STEPS
    for step in bank.steps:
        assert {STEP_OF[prompt.id.split("-")[0]] for prompt in step.prompts} == {step.id}
        questions = [int(one.id.split("-")[1]) for one in step.prompts if one.kind == "question"]
        assert questions == list(range(1, len(questions) + 1))


def test_no_two_texts_are_the_same() -> None:
    for locale in LOCALES:
        texts = [text for _, _, spoken, text in TEXTS if spoken == locale]
        assert [text for text, number in Counter(texts).items() if number > 1] == []


@pytest.mark.parametrize(("prompt", "audience", "locale", "text"), TEXTS)
def test_texts_are_fit_to_be_read(
    bank: PromptBank, prompt: str, audience: str, locale: str, text: str
) -> None:
    assert len(text) <= MAX_QUESTION
    longest = max(len(sentence.split()) for sentence in re.split(r"[.?!]", text))
    assert longest <= 24, "too long a sentence for a sixth-grader"
    if bank.by_id[prompt].kind == "tip":
        assert text.endswith(".")
    else:
        assert text.endswith("?")
    if locale == "es":
        assert text.count("?") == text.count("¿")
    if audience == "student":
        assert not re.search(r"\b(student|estudiante)\b", text), "a student is spoken to, not about"
    if bank.by_id[prompt].kind != "tip" and audience == "adult":
        assert not re.search(r"\b(I|me|my|mi|mis)\b", text), "an adult's question is about the student"


def test_ready_made_sets_can_be_placed_as_they_are(bank: PromptBank) -> None:
    assert len(bank.sets) >= 8
    for one in bank.sets:
        for locale in LOCALES:
            draft = TemplateDraft(
                title=in_language(one.title, locale),
                instructions=in_language(one.instructions, locale),
                questions=tuple(
                    QuestionDraft(prompt.text("student", locale), prompt.id) for prompt in one.prompts
                ),
                kind=one.kind,
                locale=locale,
                grading="complete",
                layout=one.layout,
            )
            assert draft.problems() == {}
            assert in_language(one.about, locale)


@pytest.mark.parametrize(
    ("locale", "spoken"),
    [("es", "es"), ("es-MX", "es"), ("ES_us", "es"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_language_falls_back_to_english(bank: PromptBank, locale: str, spoken: str) -> None:
    prompt = bank.by_id["REF-3"]
    assert prompt.text("student", locale) == prompt.texts["student"][spoken]


def test_the_folder_is_found_without_a_setting() -> None:
    assert load_bank(Settings().config_folder).by_id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bank that may be spoiled."""
    shutil.copytree(CONFIG / "prompts", tmp_path / "prompts")
    return tmp_path


def drop(pattern: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, "", text, count=1, flags=re.MULTILINE)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("file", "spoil", "names"),
    [
        ("goals", drop(r'^id = "GOA-3"$'), r"goals\.toml"),
        ("goals", drop(r"^student\.es = .*$"), r"goals\.toml, GOA-1: student"),
        ("goals", swap('id = "GOA-3"', 'id = "GOA-2"'), r"goals\.toml: GOA-2"),
        ("goals", swap('id = "GOA-3"', 'id = "PRO-2"'), r"goals\.toml: PRO-2"),
        ("goals", drop(r"^title\.en = .*$"), r"goals\.toml: title"),
        ("goals", swap("[[question]]", "[question]"), r"goals\.toml"),
        ("goals", swap('title.en = "My goals"', 'title.en = " "'), r"goals\.toml: title"),
        ("goals", swap("id =", "id"), r"goals\.toml cannot be read"),
        ("sets", swap('"REF-9"', '"REF-99"'), r"sets\.toml, check-in.*REF-99"),
        ("sets", swap('"REF-9"', '"WRK-1"'), r"sets\.toml, check-in.*WRK-1"),
        ("sets", swap('"REF-9"', '"REF-3"'), r"sets\.toml, check-in: questions"),
        ("sets", swap(', "SE-2", "REF-9"', ""), r"sets\.toml, check-in: questions"),
        ("sets", swap('kind = "reflect"', 'kind = "ponder"'), r"sets\.toml, check-in: kind"),
        ("sets", swap('layout = "all"', 'layout = "some"'), r"sets\.toml, check-in: .*layout"),
        ("sets", swap('id = "project"', 'id = "check-in"'), r"sets\.toml: an id"),
    ],
)
def test_wrong_data_are_named(folder: Path, file: str, spoil: Callable[[str], str], names: str) -> None:
    path = folder / "prompts" / f"{file}.toml"
    good = path.read_text()
    path.write_text(spoil(good))
    assert path.read_text() != good
    with pytest.raises(ValueError, match=names):
        load_bank(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "prompts" / "assess.toml").unlink()
    with pytest.raises(ValueError, match=r"assess\.toml"):
        load_bank(folder)

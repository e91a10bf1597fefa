"""The picker's form: what is to be placed, kept as typed, so that it can be shown again as it was."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from lti_plp.errors import BadInput
from lti_plp.plp.activities import Activity, PageLink, load_activities, load_page_links
from lti_plp.plp.data_files import in_language
from lti_plp.plp.prompts import Prompt, PromptBank, PromptSet, Step, load_bank
from lti_plp.plp.templates import OWN, REFLECTION, QuestionDraft, TemplateDraft
from lti_plp.views.language import LOCALES, choose_locale
from lti_plp.views.links import decimal_in, number_in
from lti_plp.views.moments import moment_of
from lti_plp.views.visit import toolbox

T = TypeVar("T")

STEP_PREFIX = "step-"
"""Begins the id of a step among the picker's kinds: a set may be called like a step."""

STEP_SIZE = 4
"""How many questions a reflection of one step begins with; the others are a choice away."""

DO_PREFIX = "do-"
"""Begins the id of something to do in the plan among the picker's kinds."""
PAGE_PREFIX = "page-"
"""Begins the id of a link that opens a page."""


@dataclass(frozen=True)
class Form:
    """What stands in the picker's form: kept as typed, so that it can be shown again as it was."""

    set_id: str
    locale: str
    title: str
    instructions: str
    questions: tuple[QuestionDraft, ...]
    grading: str = "points"
    points: str = "10"
    layout: str = "one"
    allow_resubmit: bool = True
    due: str = ""
    """Local date and time as the browser's field gives it, such as ``2026-12-01T15:30``."""
    time_zone: str = "UTC"
    shared: int | None = None
    """The version of a shared template that it was filled in from."""

    @property
    def activity(self) -> Activity | None:
        """What students are to do in their plan; ``None`` when they only answer."""
        return _activity(self.set_id)

    @property
    def page(self) -> str:
        """What the link opens, when it opens a page and asks for nothing; else empty."""
        found = _page_link(self.set_id)
        return found.id if found else ""

    @property
    def due_at(self) -> datetime | None:
        """The due time in UTC; ``None`` when the field is empty or no date."""
        return moment_of(self.due, self.time_zone)

    @property
    def due_on(self) -> date | None:
        """The day when it is due, as the teacher typed it."""
        try:
            return datetime.fromisoformat(self.due).date()
        except ValueError:
            return None

    @property
    def draft(self) -> TemplateDraft:
        """The template that this form describes."""
        return TemplateDraft(
            title=self.title,
            questions=self.questions,
            instructions=self.instructions,
            kind=_kind(self.set_id),
            activity=self.activity.id if self.activity else REFLECTION,
            shared_version_id=self.shared,
            locale=self.locale,
            grading=self.grading,
            max_points=decimal_in(self.points) if self.grading == "points" else None,
            layout=self.layout,
            allow_resubmit=self.allow_resubmit,
            due_at=self.due_at,
        )

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Form":
        """Read a form that the page carried along.

        :raise ValueError: or another of Python's own errors, when it is none of ours.
        """
        names = ("set_id", "title", "instructions", "grading", "points", "layout", "due", "time_zone")
        return cls(
            locale=locale_of(entry["locale"]),
            questions=tuple(_question(str(one["text"]), one["source_id"]) for one in entry["questions"]),
            allow_resubmit=entry["allow_resubmit"] is True,
            shared=_row_id(entry.get("shared")),
            **{name: str(entry[name]) for name in names},
        )

    def problems(self) -> dict[str, str]:
        """Return field -> name of what is wrong."""
        if self.page:
            found = replace(self.draft, questions=(QuestionDraft("-"),), grading="none").problems()
            return {field: what for field, what in found.items() if field in {"title", "instructions"}}
        wrong_date = {"due": "no_date"} if self.due and self.due_at is None else {}
        return self.draft.problems() | wrong_date


def bank() -> PromptBank:
    """Return the question bank."""
    return load_bank(_config())


def _config() -> Path:
    return toolbox().settings.config_folder


def _activity(kind_id: str) -> Activity | None:
    is_one = kind_id.startswith(DO_PREFIX)
    return load_activities(_config()).get(kind_id.removeprefix(DO_PREFIX)) if is_one else None


def _page_link(kind_id: str) -> PageLink | None:
    is_one = kind_id.startswith(PAGE_PREFIX)
    return load_page_links(_config()).get(kind_id.removeprefix(PAGE_PREFIX)) if is_one else None


def _row_id(value: Any) -> int | None:
    """Read the id of a row that the page carried along; what is none counts as none."""
    return number_in(str(value)) or None


def _kind(set_id: str) -> str:
    if found := _set(set_id) or _activity(set_id):
        return found.kind
    step = _step(set_id)
    return step.id if step else OWN


def _set(set_id: str) -> PromptSet | None:
    return next((one for one in bank().sets if one.id == set_id), None)


def _step(kind_id: str) -> Step | None:
    return next((one for one in bank().steps if STEP_PREFIX + one.id == kind_id), None)


def fresh_form(kind_id: str, locale: str) -> Form:
    """Return a form that is filled in, as far as its kind says; else with one empty question."""
    if activity := _activity(kind_id):
        return _form_of_activity(kind_id, activity, locale)
    if link := _page_link(kind_id):
        words = in_language(link.title, locale), in_language(link.instructions, locale)
        return Form(kind_id, locale, *words, (), grading="none", points="")
    found = _set(kind_id) or _step(kind_id)
    if found is None:
        return Form(OWN, locale, "", "", (QuestionDraft(""),))
    questions = [one for one in found.prompts if one.kind != "tip"][:STEP_SIZE]
    tips = [one for one in found.prompts if one.kind == "tip"]
    instructions = found.instructions if isinstance(found, PromptSet) else {}
    text = (
        in_language(instructions, locale)
        if instructions
        else "\n".join(_wording(tip, locale) for tip in tips)
    )
    return Form(
        set_id=kind_id,
        locale=locale,
        title=in_language(found.title, locale),
        instructions=text,
        questions=tuple(QuestionDraft(_wording(one, locale), one.id) for one in questions)
        or (QuestionDraft(""),),
        layout=found.layout if isinstance(found, PromptSet) else "one",
    )


def _form_of_activity(kind_id: str, activity: Activity, locale: str) -> Form:
    return Form(
        set_id=kind_id,
        locale=locale,
        title=in_language(activity.title, locale),
        instructions=in_language(activity.instructions, locale),
        questions=tuple(QuestionDraft(_wording(one, locale), one.id) for one in activity.prompts),
        # Whether it was done is seen; how well, is for a conversation.
        grading="complete",
        layout="all",
    )


def _wording(prompt: Prompt, locale: str) -> str:
    return prompt.text("student", locale)


def another_kind(old: Form, kind_id: str, locale: str) -> Form:
    """Return a fresh form of a kind that keeps how ``old`` counts, if the teacher said so, and when it is due."""
    fresh, before = fresh_form(kind_id, locale), fresh_form(old.set_id, old.locale)
    if fresh.page:
        return fresh
    was_said = not before.page and (old.grading, old.points) != (before.grading, before.points)
    return replace(
        fresh,
        grading=old.grading if was_said else fresh.grading,
        points=old.points or fresh.points,
        due=old.due,
        time_zone=old.time_zone,
        allow_resubmit=old.allow_resubmit,
    )


def in_locale(old: Form, locale: str) -> Form:
    """Return a form in another language; what the teacher worded stays as it is."""
    before, after = fresh_form(old.set_id, old.locale), fresh_form(old.set_id, locale)
    known = bank().by_id

    def translated(question: QuestionDraft) -> QuestionDraft:
        prompt = known.get(question.source_id or "")
        is_ours = prompt is not None and question.text in {_wording(prompt, one) for one in LOCALES}
        return QuestionDraft(_wording(prompt, locale), prompt.id) if prompt and is_ours else question

    return replace(
        old,
        locale=locale,
        title=after.title if old.title == before.title else old.title,
        instructions=after.instructions if old.instructions == before.instructions else old.instructions,
        questions=tuple(translated(question) for question in old.questions),
    )


def is_touched(form: Form) -> bool:
    """Say whether a teacher has worded, added, moved or removed anything since the kind was chosen."""
    fresh = fresh_form(form.set_id, form.locale)
    return (form.title, form.instructions, form.questions) != (
        fresh.title,
        fresh.instructions,
        fresh.questions,
    )


def form_sent(sent: MultiDict[str, str]) -> Form | None:
    """Read the form; ``None`` when the page had none, because everything wanted is in the basket."""
    if sent.get("editing") == "0":
        return None
    texts, sources = sent.getlist("question"), sent.getlist("source")
    questions = tuple(
        _question(text.replace("\r\n", "\n"), source)
        for text, source in zip(texts, sources, strict=False)
        # A row that was left empty was not meant.
        if text.strip()
    )
    return Form(
        set_id=sent.get("set_id", OWN),
        locale=locale_of(sent.get("form_locale")),
        title=sent.get("title", ""),
        instructions=sent.get("instructions", "").replace("\r\n", "\n"),
        questions=questions,
        grading=sent.get("grading", "points"),
        points=sent.get("points", ""),
        layout=sent.get("layout", "one"),
        allow_resubmit=sent.get("allow_resubmit") == "1",
        due=sent.get("due", ""),
        time_zone=sent.get("time_zone", "UTC"),
        shared=_row_id(sent.get("shared")),
    )


def _question(text: str, source: str | None) -> QuestionDraft:
    return QuestionDraft(text, source if source in bank().by_id else None)


def locale_of(wished: str | None) -> str:
    """Return a language that the bank has."""
    return wished if wished in LOCALES else choose_locale()


def read_back(reader: Callable[[Any], T], text: str | None) -> T:
    """Return what the page wrote down for itself.

    :raise BadInput: when it is none of ours.
    """
    try:
        return reader(json.loads(text or ""))
    # Whatever a reader trips over, somebody else wrote it.
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise BadInput("What the page carried along cannot be read.") from problem

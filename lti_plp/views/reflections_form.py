"""The form that begins a reflection of one's own, kept as typed, so that it can be shown again as it was."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from lti_plp.plp.about import About
from lti_plp.plp.data_files import in_language
from lti_plp.plp.manner import Manner
from lti_plp.plp.own_reflections import OwnDraft, asked_in, prompts_named
from lti_plp.plp.prompts import Prompt, PromptSet
from lti_plp.plp.templates import OWN, QuestionDraft
from lti_plp.views.picker_form import bank
from lti_plp.views.writing import about_in

FREE, SET, QUESTIONS = "words", "set", "questions"
"""Ways to begin: freely, with a ready set, with questions of one's choice."""


@dataclass(frozen=True)
class NewForm:
    """What the form holds."""

    key: str
    start: str = FREE
    set_id: str = ""
    question_ids: frozenset[str] = frozenset()
    title: str = ""
    manner: Manner = field(default_factory=Manner)
    about: About = field(default_factory=About)

    def draft(self, locale: str) -> OwnDraft:
        """Return what is to be begun; its problems are those of the form."""
        chosen = next((one for one in bank().sets if one.id == self.set_id), None)
        if self.start == SET and chosen:
            begun = self._of_set(chosen, locale)
        elif self.start == FREE:
            begun = self._free(locale)
        else:
            begun = self._of_questions(prompts_named(bank(), self.question_ids), locale)
        return replace(begun, title=self.title.strip() or begun.title)

    def _draft(self, title: str, questions: tuple[QuestionDraft, ...], locale: str, kind: str) -> OwnDraft:
        return OwnDraft(
            self.key, title, questions, kind=kind, locale=locale, manner=self.manner, about=self.about
        )

    def _free(self, locale: str) -> OwnDraft:
        is_mine = self.manner.voice == "student"
        question = _("What do you want to remember?") if is_mine else _("What did they say?")
        return self._draft(_("A few words"), (QuestionDraft(question),), locale, OWN)

    def _of_set(self, chosen: PromptSet, locale: str) -> OwnDraft:
        questions = asked_in(chosen.prompts, self.manner.voice, locale)
        draft = self._draft(in_language(chosen.title, locale), questions, locale, chosen.kind)
        # What a set says first is said to a student.
        is_mine = self.manner.voice == "student"
        return replace(draft, instructions=in_language(chosen.instructions, locale) if is_mine else "")

    def _of_questions(self, prompts: tuple[Prompt, ...], locale: str) -> OwnDraft:
        steps = [step for step in bank().steps if step.id in {prompt.step for prompt in prompts}]
        title = in_language(steps[0].title, locale) if len(steps) == 1 else _("My questions")
        kind = steps[0].id if len(steps) == 1 else OWN
        return self._draft(title, asked_in(prompts, self.manner.voice, locale), locale, kind)


def fresh_form(about: About, set_id: str = "") -> NewForm:
    """Return a form that nobody has touched, perhaps with a ready set that fits."""
    return NewForm(secrets.token_urlsafe(12), set_id=set_id, about=about)


def form_sent(form: Any) -> NewForm:
    """Read what was sent."""
    return NewForm(
        key=form.get("key", ""),
        start=form.get("start", FREE),
        set_id=form.get("set_id", ""),
        question_ids=frozenset(form.getlist("question")),
        title=form.get("title", ""),
        manner=manner_in(form),
        about=about_in(form),
    )


def manner_in(form: Any, before: Manner | None = None) -> Manner:
    """Read whose voice it is, its form and the like; what the form does not hold stays as it was."""
    before = before or Manner()
    return Manner(
        voice=form.get("voice", before.voice),
        voice_name=form.get("voice_name", before.voice_name),
        form=form.get("form", before.form),
        mode=form.get("mode", before.mode),
        purpose=form.get("purpose", before.purpose),
        audience=form.get("audience", before.audience),
    )

"""In what manner a reflection came about: whose voice, which form, what for, and who sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lti_plp.plp.models.items import AUDIENCES
from lti_plp.plp.texts import one_line

VOICES = ("student", "family", "teacher", "peer", "community")
FORMS = ("journal", "dialogue", "presentation", "audio", "video", "interview", "other")
MODES = ("written", "one_to_one", "small_group", "interview")
PURPOSES = ("formative", "summative")
MAX_VOICE_NAME = 255


@dataclass(frozen=True)
class Manner:
    """Columns of the same names in :class:`~lti_plp.plp.models.Reflection`."""

    voice: str = "student"
    voice_name: str = ""
    form: str = "journal"
    mode: str = "written"
    purpose: str = "formative"
    audience: str = "me"
    """Nobody else sees what a student began herself until she says so."""

    def cleaned(self) -> "Manner":
        """Return the same with a name that can be stored; one's own words need no name."""
        name = "" if self.voice == "student" else one_line(self.voice_name)
        return Manner(self.voice, name, self.form, self.mode, self.purpose, self.audience)

    def problems(self) -> dict[str, str]:
        """Return what is wrong, as field -> stable name of the problem; empty when all is well."""
        return dict(self._problems())

    def _problems(self) -> Iterator[tuple[str, str]]:
        known = {
            "voice": VOICES,
            "form": FORMS,
            "mode": MODES,
            "purpose": PURPOSES,
            "audience": AUDIENCES,
        }
        for name, codes in known.items():
            if getattr(self, name) not in codes:
                yield name, "unknown"
        if self.voice == "student":
            return
        # Somebody else's words without a name would look like the student's own.
        if not one_line(self.voice_name):
            yield "voice_name", "missing"
        elif len(self.voice_name) > MAX_VOICE_NAME:
            yield "voice_name", "too_long"

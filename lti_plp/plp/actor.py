"""Who acts: a person in one role set, in one course, in one tenant."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is in a course. Anything a platform says that is not here gives no rights at all."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    TEACHING_ASSISTANT = "teaching_assistant"
    CONTENT_DEVELOPER = "content_developer"
    MENTOR = "mentor"
    """Family: somebody who observes one or more students. Never staff."""
    ADMINISTRATOR = "administrator"


STAFF = frozenset({Role.INSTRUCTOR, Role.TEACHING_ASSISTANT})
"""Roles that teach in a course."""


@dataclass(frozen=True)
class Actor:
    """The person behind a request, as the policy sees them."""

    person_id: int
    tenant_id: int
    course_id: int | None
    roles: frozenset[Role]
    is_test: bool = False
    """A platform's own student preview: may look, stores nothing."""

    @property
    def is_staff(self) -> bool:
        """Whether this person teaches in the course; a mentor never does, whatever else the platform claims."""
        return bool(self.roles & STAFF) and Role.MENTOR not in self.roles

    @property
    def is_learner(self) -> bool:
        """Whether this person learns in the course. Observers of some platforms are sent as learner and mentor."""
        return Role.LEARNER in self.roles and Role.MENTOR not in self.roles and not self.is_staff

"""Who acts: a person in one role set, in one course, in one tenant."""

from collections.abc import Collection
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


ADULTS = STAFF | {Role.CONTENT_DEVELOPER, Role.ADMINISTRATOR}
"""Roles that only adults of the school have."""


def learns(roles: Collection[str]) -> bool:
    """Say whether these roles make a student of a course.

    Observers of some platforms are sent as learner and mentor, and staff may be enrolled as learners besides.
    """
    return Role.LEARNER in roles and Role.MENTOR not in roles and STAFF.isdisjoint(roles)


def teaches(roles: Collection[str]) -> bool:
    """Say whether these roles make one of the staff; a mentor never is, whatever else the platform claims."""
    return Role.MENTOR not in roles and not STAFF.isdisjoint(roles)


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
        """Whether this person teaches in the course."""
        return teaches(self.roles)

    @property
    def is_adult(self) -> bool:
        """Whether the platform knows this person as one of the school's own adults, teaching or not."""
        return Role.MENTOR not in self.roles and not ADULTS.isdisjoint(self.roles)

    @property
    def is_learner(self) -> bool:
        """Whether this person learns in the course."""
        return learns(self.roles)

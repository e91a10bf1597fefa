"""As what an adult has to do with a student."""

from enum import StrEnum


class Standing(StrEnum):
    """One way to have to do with a student. Whoever has none has to do with nobody."""

    TEACHER = "teacher"
    """Teaches a course in which the student learns, or did until a few days ago."""
    ADVISOR = "advisor"
    COUNSELOR = "counselor"
    CASE_MANAGER = "case_manager"
    CO_TEACHER = "co_teacher"
    CO_ADVISOR = "co_advisor"
    SUBSTITUTE = "substitute"
    """Stands in for a colleague for some days: sees and speaks, and decides nothing."""
    MENTOR = "mentor"
    """Somebody of the community who accompanies the student."""
    ADVOCATE = "advocate"
    """Speaks for the student where no family does."""
    FAMILY = "family"


FAMILY = frozenset({Standing.FAMILY, Standing.ADVOCATE, Standing.MENTOR})
"""Those who see what is for the family."""
TEAM = frozenset(Standing) - FAMILY
"""Those who see what is for teachers and advisors."""
DECIDES = TEAM - {Standing.SUBSTITUTE}
"""Those who may speak for the school."""
RELATED = frozenset(Standing) - {Standing.TEACHER, Standing.FAMILY}
"""What the school itself said of somebody, as opposed to what a platform says."""

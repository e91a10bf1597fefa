"""What becomes of every column that names a person when two people turn out to be one."""

from dataclasses import dataclass

HISTORY = "history"
"""It says who did something then, and stays; or it is made anew by what the LMS tells."""
ENDED = "ended"
"""The row goes: whoever it was for comes anew."""
EMPTY = "empty"
"""Nothing of the kind may be there, or the two are not joined."""
OWN_WAY = "own_way"
"""It moves, by a function of its own in :mod:`lti_plp.lms.joining`."""


@dataclass(frozen=True)
class Moved:
    """The column names the kept person from now on."""

    unless: tuple[str, ...] = ()
    """Columns that are unique with it: where the kept person has such a row, the other one stays as history."""


Fate = str | Moved

FATES: dict[str, Fate] = {
    # Who it is, and where.
    "identity.person_id": Moved(),
    "enrolment.person_id": OWN_WAY,
    "relationship.adult_id": OWN_WAY,
    "relationship.student_id": OWN_WAY,
    "stand_in.person_id": OWN_WAY,
    "stand_in.for_id": OWN_WAY,
    "web_session.person_id": ENDED,
    "canvas_grant.person_id": Moved(unless=("deployment_id",)),
    "canvas_consent.person_id": ENDED,
    # What belongs to a student.
    "plan.person_id": EMPTY,
    "reflection.person_id": Moved(),
    "reflection.author_id": Moved(),
    "reflection_template.author_id": Moved(),
    "hand_in.person_id": Moved(),
    "outbox_score.person_id": Moved(),
    "stored_file.owner_id": Moved(),
    "handed_in_copy.person_id": EMPTY,
    "judgement.person_id": EMPTY,
    # Those of an LMS come again with the next reading; of people's own, there may be none (``lms/joining.py``).
    "rating.person_id": EMPTY,
    "coursework_result.person_id": HISTORY,
    "kept_level.person_id": HISTORY,
    # What somebody likes to have at hand.
    "meeting_participant.person_id": Moved(unless=("meeting_id",)),
    "saved_view.person_id": Moved(unless=("name",)),
    "starter_comment.person_id": Moved(),
    # Who did it then.
    **dict.fromkeys(
        (
            "achievement.recorded_by",
            "comment.author_id",
            "element_mark.marked_by",
            "evidence.validated_by",
            "framework_upload.made_by",
            "framework_version.published_by",
            "goal_review.recorded_by",
            "judgement.judged_by",
            "left_rule.left_by",
            "mapping_rule_version.made_by",
            "meeting.made_by",
            "meeting_note.written_by",
            "pathway.made_by",
            "pathway_participation.decided_by",
            "pathway_version.made_by",
            "person_judgement.first_id",
            "person_judgement.second_id",
            "person_judgement.kept_id",
            "person_judgement.judged_by",
            "placed_template.looked_over_by",
            "plan_change.actor_id",
            "plan_look.person_id",
            "plan_revision.opened_by",
            "plan_revision.finished_by",
            "plan_template_feedback.author_id",
            "rating.rater_id",
            "reflection_rating.rater_id",
            "relationship.made_by",
            "shared_template.author_id",
            "shared_template_feedback.author_id",
            "shared_template_version.made_by",
            "stand_in.made_by",
            "step_work.made_by",
            "suggestion.author_id",
            "transition_agreement.recorded_by",
        ),
        HISTORY,
    ),
}
"""``table.column`` of every foreign key to a person."""

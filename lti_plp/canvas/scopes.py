"""What this tool asks of Canvas's REST services, each with its reason; the same list stands in the installation page.

An API key that enforces scopes must allow each of them, or nobody's permission can be asked for.
"""

SCOPES: dict[str, str] = {
    "url:GET|/api/v1/courses/:course_id/assignments": "what a course gives students to do, with its rubrics",
    "url:GET|/api/v1/courses/:course_id/students/submissions": "what was handed in, and how it was graded",
    "url:GET|/api/v1/courses/:course_id/assignments/:assignment_id/submissions/:user_id": (
        "one's own work, with its files and comments, when one takes it as evidence"
    ),
    "url:GET|/api/v1/files/:id": "a file of one's own work, when one takes it as evidence",
    "url:GET|/api/v1/courses/:course_id/outcome_groups": "the groups of outcomes of a course",
    "url:GET|/api/v1/courses/:course_id/outcome_group_links": "the outcomes in them, with their scale and method",
    "url:GET|/api/v1/courses/:course_id/outcome_results": "how students did on outcomes",
}
"""Scope -> why it is needed (Canvas documentation, ``api_token_scopes``; the exact list is not verified)."""

"""Assignment and Grade Services 2.0: line items, scores, results."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lti_plp.launch.claims import SCOPE_LINE_ITEM, SCOPE_RESULT, SCOPE_SCORE
from lti_plp.launch.services.connector import HardenedConnector
from lti_plp.lms.gateway import NewerThere, Refused, Score, TryLater

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"


def below(line_item_url: str, part: str) -> str:
    """Return the address of a line item's scores or results: put on the path, before the query (AGS 2.0, 3.3.1)."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{part}"))


def with_filters(url: str, **filters: str) -> str:
    """Return ``url`` with filters added to the query it has."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *filters.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))


class GradeService:
    """The gradebook of one course."""

    def __init__(self, connector: HardenedConnector, *, submission_extension: bool = False) -> None:
        """``submission_extension``: whether the platform understands Canvas's extension of scores."""
        self._connector = connector
        self._submission_extension = submission_extension

    def line_items(self, line_items_url: str, **filters: str) -> Iterator[dict[str, Any]]:
        """Yield line items; ``filters`` are ``resource_link_id``, ``resource_id``, ``tag``, ``limit`` [gap 24].

        :raise TryLater: when a page is no list of objects, or fails.
        """
        url = with_filters(line_items_url, **filters)
        for page in self._connector.pages(url, SCOPE_LINE_ITEM, accept=LINE_ITEMS):
            yield from _objects(page.json())

    def create(self, line_items_url: str, line_item: dict[str, Any]) -> dict[str, Any]:
        """Make a line item and return it as the platform stored it."""
        answer = self._connector.call(
            "POST",
            line_items_url,
            SCOPE_LINE_ITEM,
            accept=LINE_ITEM,
            headers={"Content-Type": LINE_ITEM},
            body=json.dumps(line_item).encode(),
        )
        return _object(answer.json())

    def update(self, line_item_url: str, **changes: Any) -> dict[str, Any]:
        """Change a line item: PUT replaces all of it, so all of it is read first (AGS 2.0, section 3.2.6)."""
        read = self._connector.call("GET", line_item_url, SCOPE_LINE_ITEM, accept=LINE_ITEM)
        whole = {**_object(read.json()), **changes}
        answer = self._connector.call(
            "PUT",
            line_item_url,
            SCOPE_LINE_ITEM,
            accept=LINE_ITEM,
            headers={"Content-Type": LINE_ITEM},
            body=json.dumps(whole).encode(),
        )
        return _object(answer.json())

    def delete(self, line_item_url: str) -> None:
        """Remove a line item; one that is gone already is fine."""
        self._connector.call("DELETE", line_item_url, SCOPE_LINE_ITEM, expect=frozenset({404}))

    def find_or_create(self, line_items_url: str, resource_link_id: str, label: str, maximum: Decimal) -> str:
        """Return the address of a link's line item; in a copied course it exists already (AGS 2.0, 3.2)."""
        for item in self.line_items(line_items_url, resource_link_id=resource_link_id):
            # Not every platform filters as it should.
            if item.get("resourceLinkId") == resource_link_id and isinstance(item.get("id"), str):
                return str(item["id"])
        made = self.create(
            line_items_url,
            {"scoreMaximum": _number(maximum), "label": label, "resourceLinkId": resource_link_id},
        )
        if not isinstance(made.get("id"), str):
            raise TryLater("bad_answer")
        return str(made["id"])

    def results(self, line_item_url: str, user_id: str = "") -> Iterator[dict[str, Any]]:
        """Yield the results that the platform holds, of one student or of all."""
        url = below(line_item_url, "results")
        if user_id:
            url = with_filters(url, user_id=user_id)
        for page in self._connector.pages(url, SCOPE_RESULT, accept=RESULTS):
            yield from _objects(page.json())

    def send_score(self, line_item_url: str, score: Score, timestamp: datetime) -> None:
        """Store a score.

        :raise NewerThere: on 409 (Moodle), and on a 400 that speaks of the timestamp (Canvas).
        :raise TryLater: ``clock_ahead`` when the platform says that it was in the future; and when it may work later.
        :raise Refused: ``line_item_gone``, ``no_attempts_left``, ``not_gradable`` and others when it never will.
        """
        answer = self._connector.call(
            "POST",
            below(line_item_url, "scores"),
            SCOPE_SCORE,
            headers={"Content-Type": SCORE},
            body=json.dumps(self.score_body(score, timestamp)).encode(),
            expect=frozenset({400, 404, 409, 410, 422}),
        )
        said = answer.body[:2000].lower()
        if answer.status == 400 and b"future" in said:
            # Our clock is ahead of theirs; it is the past there, too, in a while.
            raise TryLater("clock_ahead", 400, retry_after=60, maybe_received=False)
        if answer.status == 422 and b"attempts" in said:
            raise Refused("no_attempts_left", 422)
        if answer.status == 409 or (answer.status == 400 and b"timestamp" in said):
            raise NewerThere("newer_there", answer.status)
        names = {400: "score_refused", 404: "line_item_gone", 410: "line_item_gone", 422: "not_gradable"}
        if answer.status in names:
            raise Refused(names[answer.status], answer.status)

    def score_body(self, score: Score, timestamp: datetime) -> dict[str, Any]:
        """Return the JSON of a score (AGS 2.0, section 3.4.4). No field is null; an absent score clears."""
        body: dict[str, Any] = {
            "userId": score.subject,
            "activityProgress": score.activity.value,
            "gradingProgress": score.grading.value,
            "timestamp": moment(timestamp),
        }
        if score.points is not None and score.maximum is not None:
            body |= {"scoreGiven": _number(score.points), "scoreMaximum": _number(score.maximum)}
        if score.comment:
            body["comment"] = score.comment
        if score.submitted_at:
            submission = {"submittedAt": moment(score.submitted_at)}
            if score.started_at:
                submission["startedAt"] = moment(score.started_at)
            body["submission"] = submission
        if self._submission_extension:
            body[CANVAS_SUBMISSION] = self._canvas_submission(score)
        return body

    def _canvas_submission(self, score: Score) -> dict[str, Any]:
        """Say whether this is something handed in: Canvas counts every score as an attempt unless told otherwise."""
        extension: dict[str, Any] = {"new_submission": score.new_submission}
        if score.new_submission and score.submitted_at:
            extension |= {
                # A score without points would wipe the grade that stands.
                "preserve_score": True,
                "submission_type": "external_tool",
                "submitted_at": moment(score.submitted_at),
            }
        if score.new_submission and score.words:
            # As text it stands in SpeedGrader by itself; a launch from there does not say which student is looked at,
            # or is one of LTI 1.1 (instructure/canvas-lms, issues 1952 and 2192).
            extension |= {"submission_type": "online_text_entry", "submission_data": score.words}
        return extension


def moment(value: datetime) -> str:
    """Return a time as AGS wants it: ISO 8601, UTC, with milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TryLater("bad_answer")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise TryLater("bad_answer")
    return [item for item in value if isinstance(item, dict)]

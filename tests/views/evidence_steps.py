"""What tests of the pages of evidence do over HTTP."""

import re
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.evidence_lists import LinkIds, find_evidence
from lti_plp.plp.models import Evidence
from tests.files.samples import encoded, picture
from tests.views.plans import Planner

NEW, ALL = "plan/evidence/new", "plan/evidence"
WORDS = "I planned the talk on <b>paper</b> first"


def send(planner: Planner, *fields: tuple[str, str], **form: str) -> TestResponse:
    """Send the form."""
    return planner.visitor.post(NEW, *fields, **form)


def added(answer: TestResponse) -> int:
    """The id of the piece to whose page an answer leads."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.search(r"/plan/evidence/(\d+)\?added=1$", answer.headers["Location"])
    assert found, answer.headers["Location"]
    return int(found[1])


def piece(planner: Planner, evidence_id: int) -> tuple[Evidence, LinkIds]:
    with planner.reading() as (session, plan):
        return find_evidence(session, plan.id, evidence_id)


def goal(planner: Planner, statement: str = "Speak up", **more: Any) -> int:
    with planner.editor() as editor:
        return int(editor.add("goal", {"statement": statement, "state": "active", **more}).id)


def pieces(toolbox: Toolbox) -> int:
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(Evidence)) or 0


def upload(planner: Planner, name: str, content: bytes) -> TestResponse:
    """Hand a file in as the page does, with the tus protocol; the answer to its last request."""
    import base64

    client, headers = (
        planner.visitor.client,
        {"X-CSRF-Token": planner.visitor.token(), "Tus-Resumable": "1.0.0"},
    )
    named = {"Upload-Metadata": "filename " + base64.b64encode(name.encode()).decode()}
    asked = {"Upload-Length": str(len(content)), "Accept": "application/json"}
    begun = client.post(planner.visitor.address("files"), headers={**headers, **named, **asked})
    if begun.status_code != 201:
        return begun
    address = begun.headers["Location"]
    kind = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert client.patch(address, data=content, headers={**headers, **kind}).status_code == 204
    return client.post(f"{address}/finish", json={}, headers={**headers, "Accept": "application/json"})


def uploaded(planner: Planner, name: str = "robot.jpg", content: bytes | None = None) -> str:
    answer = upload(planner, name, content or encoded("JPEG", picture(60, 40)))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def is_ticked(page: str, name: str, key: int) -> bool:
    box = re.search(rf'<input type="checkbox" data-numbers name="{name}" value="{key}"( checked)?>', page)
    assert box, f"no box {name} {key}"
    return box[1] is not None

"""Addresses in templates are those that the router makes, whatever stands in them."""

from typing import Any

import pytest
from flask import Flask, g, url_for

from lti_plp.views.addresses import address_by, address_of

WANTED: list[tuple[str, dict[str, Any]]] = [
    ("health.healthz", {}),
    ("plan.home", {}),
    ("plan.goal", {"goal_id": 12}),
    ("plan.goal", {"goal_id": 7}),
    ("plan.goal", {"goal_id": 12, "_anchor": "steps"}),
    ("plan.edit", {"kind": "step", "item_id": 4}),
    ("plan.edit", {"kind": "goal", "item_id": 90_071_992_547_401}),
    ("plan.restore", {"kind": "step", "item_id": "4"}),
    ("plan.tell_about_me", {"kind": "entry"}),
    ("plan.new_goal", {"horizon": "long"}),
    ("plan.new_goal", {"horizon": "a b&c=é/../%"}),
    ("plan.new_evidence", {"goal": 3}),
    ("teacher.review", {"link_id": 5}),
    ("teacher.review", {"link_id": None}),
    ("static", {"filename": "css/app.css"}),
]


@pytest.mark.parametrize(("endpoint", "values"), WANTED)
@pytest.mark.parametrize("root", ["", "/tools/plp"])
def test_an_address_is_the_routers(app: Flask, root: str, endpoint: str, values: dict[str, Any]) -> None:
    for handle in ("Hx-_1", "another"):
        with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            g.handle_for_urls = handle
            expected = url_for(endpoint, **values)
            assert address_of(endpoint, **values) == expected
            assert expected.startswith(f"{root}/")


def test_without_a_visit_a_public_page_has_its_address(app: Flask) -> None:
    with app.test_request_context("/"):
        assert address_of("health.healthz") == "/healthz"


@pytest.mark.parametrize("root", ["", "/tools/plp"])
def test_addresses_of_many_things_of_one_kind(app: Flask, root: str) -> None:
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
        g.handle_for_urls = "Hx-_1"
        to_student = address_by("adults.student", "student_id")
        for number in (1, 12, 90_071_992_547_401):
            assert to_student(number) == url_for("adults.student", student_id=number)

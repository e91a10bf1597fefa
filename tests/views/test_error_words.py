"""Every error that the plan knows has words of its own for people."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import lti_plp.plp
from lti_plp.plp.policy import Action
from lti_plp.views.error_words import words_for

AT_THE_COMMAND_LINE = {"plan_template_grades", "plan_template_no_draft", "plan_template_unknown"}
"""Only administrators meet these, and read the message itself there."""


def raised(tree: ast.AST) -> Iterator[str]:
    """The codes that stand in a module: ``code="…"``, ``PlpError("…", …)``, ``refuse(field, "…")``."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        named = [word.value for word in call.keywords if word.arg == "code"]
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "PlpError" and call.args:
            named.append(call.args[0])
        yield from (
            one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        if name == "refuse" and isinstance(problem := call.args[1], ast.Constant):
            yield f"field_{problem.value!s}"


def codes() -> list[str]:
    folder = Path(lti_plp.plp.__file__).parent
    found = {code for file in folder.rglob("*.py") for code in raised(ast.parse(file.read_text()))}
    return sorted((found | {f"may_not_{action.value}" for action in Action}) - AT_THE_COMMAND_LINE)


def test_codes_are_found() -> None:
    found = codes()
    assert len(found) > 50
    assert {"field_before_start", "already_answered", "item_not_here", "may_not_edit_plan"} <= set(found)


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("code", codes())
def test_has_words_of_its_own(app: Flask, code: str, locale: str) -> None:
    with app.test_request_context(headers={"Accept-Language": locale}):
        words = words_for(code, 400)
        assert words != words_for("no_such_code", 400)
        assert words.title
        assert words.happened
        assert words.mend


def test_refuse_calls_name_their_problem() -> None:
    """One whose problem is worked out would escape the tests above."""
    folder = Path(lti_plp.plp.__file__).parent
    calls = [
        (file.name, call.lineno)
        for file in folder.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "refuse"
        and not isinstance(call.args[1], ast.Constant)
    ]
    assert not calls

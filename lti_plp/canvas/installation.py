"""What Canvas stores about this tool: one file of data, told as a developer key's JSON or at a dynamic registration."""

import json
from typing import Any
from urllib.parse import urlsplit

from lti_plp.launch.dynamic_registration import CANVAS, TOOL, tool_configuration
from lti_plp.settings import Settings

FILE = ("canvas", "developer-key.json")
"""Below the folder of data files; ``{origin}`` and ``{domain}`` in it stand for the tool's own."""


def developer_key(settings: Settings) -> dict[str, Any]:
    """Return the JSON that an administrator of Canvas pastes, or names by its address (``lti_dev_key_config``)."""
    text = settings.config_folder.joinpath(*FILE).read_text(encoding="utf-8")
    origin = settings.public_origin
    found: dict[str, Any] = json.loads(
        text.replace("{origin}", origin).replace("{domain}", urlsplit(origin).netloc)
    )
    for placement in _placements(found):
        placement.setdefault("target_link_uri", found["target_link_uri"])
    return found


def canvas_configuration(settings: Settings, kind: str) -> dict[str, Any]:
    """Return what a platform is told at a dynamic registration; of Canvas, with its extension keys (``registration``).

    What the developer key's JSON calls default, visibility, width and height have names of their own there.
    """
    told = tool_configuration(settings)
    if kind != "canvas":
        return told
    key = developer_key(settings)
    told["scope"] = " ".join(key["scopes"])
    tool = told[TOOL]
    tool["custom_parameters"] = key["custom_fields"]
    tool["messages"] = [_message(one) for one in _placements(key)]
    tool[CANVAS + "privacy_level"] = key["extensions"][0]["privacy_level"]
    tool[CANVAS + "tool_id"] = key["extensions"][0]["tool_id"]
    return told


def _placements(key: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = key["extensions"][0]["settings"]["placements"]
    return found


def _message(placement: dict[str, Any]) -> dict[str, Any]:
    message = {
        "type": placement["message_type"],
        "label": placement["text"],
        "placements": [placement["placement"]],
        "target_link_uri": placement["target_link_uri"],
    }
    if "icon_url" in placement:
        message["icon_uri"] = placement["icon_url"]
    if placement.get("default") == "enabled":
        message[CANVAS + "course_navigation/default_enabled"] = True
    if "visibility" in placement:
        message[CANVAS + "visibility"] = placement["visibility"]
    if "selection_width" in placement:
        message[CANVAS + "launch_width"] = placement["selection_width"]
        message[CANVAS + "launch_height"] = placement["selection_height"]
    return message

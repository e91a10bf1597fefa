"""Decoding apart from everything else.

Decoders are large programs written in C that read what strangers made. They run in a process of their own, with
limits on time and memory: what breaks there breaks nothing else, and leaves the file refused.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lti_plp.files.kinds import Kind, Refusal

SECONDS = 60
MEMORY = 3 * 1024**3
"""Address space of the process that decodes; what is really used is far less."""


@dataclass(frozen=True)
class Remade:
    """What became of a file."""

    kind: str
    width: int | None
    height: int | None
    has_thumbnail: bool


KEPT, THUMBNAIL = "kept", "thumbnail"
"""Names of the files that are made in the folder given."""


def needs_remaking(kind: Kind) -> bool:
    """Say whether a file of this kind is decoded: to be made anew, or for a picture of its first page."""
    return kind.group in {"image", "pdf"}


def remake_apart(kind: Kind, source: Path, folder: Path) -> Remade:
    """Do what ``images.remake`` does in a process of its own, within limits.

    :raise Refusal: as that does; ``file_broken`` also when the decoder breaks or takes too long.
    """
    command = [sys.executable, "-I", "-m", "lti_plp.files.images", kind.name, str(source), str(folder)]
    # The decoder has no use for the secrets that stand in our environment.
    environ = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603  our own module; the paths are ours too
            command, env=environ, capture_output=True, timeout=SECONDS, check=True, cwd=folder
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
        raise Refusal("file_broken") from problem
    answer = json.loads(done.stdout)
    if "refusal" in answer:
        raise Refusal(answer["refusal"])
    return Remade(**answer)

"""``python -m tests.benchmarks.canvas_memory {"url": …, "course": …}``: how much memory one reading takes."""

import json
import sys
from pathlib import Path

from sqlalchemy import create_engine

from lti_plp.adapters import gateways
from lti_plp.database import prepare_engine
from lti_plp.launch.toolbox import make_toolbox
from lti_plp.lms.coursework_reading import refresh_coursework
from lti_plp.settings import Settings
from tests.fixtures_database import SECRET


def main() -> None:
    """Read once, and tell how the most that was held grew."""
    where = json.loads(sys.argv[1])
    engine = create_engine(where["url"])
    prepare_engine(engine)
    box = make_toolbox(Settings(secret_key=SECRET, database_url=where["url"]), engine)
    before = _most()
    taken = refresh_coursework(box.sessions, gateways(box), where["course"], box.clock)
    assert taken is not None
    print(json.dumps({"before": before, "most": _most(), "results": taken.results}))
    engine.dispose()


def _most() -> int:
    # What getrusage() tells of a new process begins with the memory of the one that started it.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


main()

"""What reading a course's work from Canvas costs: beside the least that fetches the same pages, and beside canvasapi.

The course has 40 assignments and 150 students; the stand-in LMS is 50 ms away. ``python -m
tests.benchmarks.canvas_sync`` alone takes two minutes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import canvasapi
import requests

from lti_plp.lms.coursework_reading import FRESH, refresh_coursework
from lti_plp.lms.gateway import CourseworkAnswer, GatewayFor
from tests.benchmarks import canvas_writing
from tests.benchmarks.canvas_school import AWAY_MS, LargeCourse, Reader, large_course, reader_of, stand_in
from tests.fixtures_postgres import private_cluster

ASSIGNMENTS, STUDENTS = 40, 150
CHANGES = 60
AT_ONCE = 8
"""Requests that the floor has under way: more Canvas would refuse to one client."""
MEMORY_PAGES = (60, 600)
Figures = dict[str, Any]


def canvas_sync(rounds: int) -> Figures:
    """Everything that has to do with reading coursework from Canvas."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder, stand_in(Path(folder)) as canvas:
        figures["fetching"] = _fetching(Path(folder), large_course(canvas, **_SIZE, teachers=2), rounds)
        figures["memory"] = _memory(Path(folder), canvas)
    figures["writing"] = canvas_writing.writing(2 * rounds)
    return figures


_SIZE = {"assignments": ASSIGNMENTS, "students": STUDENTS}


# ---- Fetching


def _fetching(folder: Path, two: LargeCourse, rounds: int) -> Figures:
    """Seconds and CPU of each contender, in turns; ratios are of one round. canvasapi reads once, for its minute."""
    alone = replace(two, teachers=two.teachers[:1])
    token = two.key.api("rivera").token
    found: dict[str, list[Figures]] = {}
    with (
        private_cluster() as cluster,
        reader_of(alone, f"sqlite:///{folder / 'alone.sqlite3'}") as one,
        reader_of(two, f"sqlite:///{folder / 'two.sqlite3'}") as sqlite,
        reader_of(two, cluster.url(cluster.create())) as postgres,
    ):
        ours = {
            "one permission, SQLite": one,
            "two permissions, SQLite": sqlite,
            "two permissions, PostgreSQL": postgres,
        }
        contenders: dict[str, Callable[[], Figures]] = {"floor": partial(_timed, partial(_floor, two, token))}
        for name, reader in ours.items():
            # What is written at first is measured apart, in canvas_writing.
            _refresh(reader, whole=True)
            contenders[name] = partial(_refresh, reader, whole=True)
        for turn in range(rounds):
            names = [*contenders][turn % 2 :] + [*contenders][: turn % 2]
            took = {name: contenders[name]() for name in names}
            _change(two, turn)
            for name, reader in ours.items():
                took[name]["x floor"] = took[name]["seconds"] / took["floor"]["seconds"]
                some = took[f"{name}, changes"] = _refresh(reader, whole=False)
                some["x all"] = some["all seconds"] / took[name]["all seconds"]
            for name, figures in took.items():
                found.setdefault(name, []).append(figures)
    found["canvasapi"] = [_timed(partial(_canvasapi, two, token))]
    return {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in found.items()
    }


def _timed(read: Callable[[], int]) -> Figures:
    began, cpu = time.perf_counter(), time.process_time()
    rows = read()
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "rows": rows}


def _floor(course: LargeCourse, token: str) -> int:
    """The least: the same pages by plain requests, eight at once, and what they say as JSON."""
    base = f"{course.canvas.url}/api/v1/courses/{course.number}"
    with requests.Session() as http, ThreadPoolExecutor(AT_ONCE) as pool:
        http.headers["Authorization"] = f"Bearer {token}"

        def chain(url: str, query: list[tuple[str, str]]) -> int:
            count, following = 0, f"{requests.Request('GET', url, params=query).prepare().url}"
            while following:
                answer = http.get(following, timeout=10)
                answer.raise_for_status()
                count += len(answer.json())
                following = answer.links.get("next", {}).get("url", "")
            return count

        chain(f"{base}/assignments", [("per_page", "100")])
        about = [("student_ids[]", "all"), ("include[]", "rubric_assessment"), ("per_page", "100")]
        shares = [course.assignments[first::AT_ONCE] for first in range(AT_ONCE)]
        queries = [[*about, *(("assignment_ids[]", str(number)) for number in share)] for share in shares]
        return sum(pool.map(partial(chain, f"{base}/students/submissions"), queries))


def _canvasapi(course: LargeCourse, token: str) -> int:
    """The same reads as its documentation shows them; it asks for a hundred a page by itself."""
    with warnings.catch_warnings():
        # That the address is no https.
        warnings.simplefilter("ignore")
        there = canvasapi.Canvas(course.canvas.url, token).get_course(course.number)
        list(there.get_assignments())
        submissions = there.get_multiple_submissions(student_ids=["all"], include=["rubric_assessment"])
        return len(list(submissions))


@dataclass
class _Watched:
    """A gateway, and how long it took to read."""

    gateway: Any
    figures: Figures

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def read_coursework(self, *arguments: Any) -> CourseworkAnswer:
        began, cpu = time.perf_counter(), time.process_time()
        answer: CourseworkAnswer = self.gateway.read_coursework(*arguments)
        self.figures["seconds"] = time.perf_counter() - began
        self.figures["cpu"] = time.process_time() - cpu
        return answer


def _refresh(reader: Reader, *, whole: bool) -> Figures:
    """Read the course as the worker does; what fetching took, and what everything took."""
    figures: Figures = {}
    reader.clock.ahead += FRESH * 2
    find: GatewayFor = reader.gateway_for
    began, cpu = time.perf_counter(), time.process_time()
    taken = refresh_coursework(
        reader.toolbox.sessions,
        lambda session, deployment_id: _Watched(find(session, deployment_id), figures),
        reader.school.course_id,
        reader.clock,
        whole=whole,
    )
    assert taken is not None
    figures["all seconds"] = time.perf_counter() - began
    figures["all cpu"] = time.process_time() - cpu
    figures["rows"] = taken.results
    return figures


def _change(course: LargeCourse, turn: int) -> None:
    """Grade sixty pieces of work anew."""
    for number in range(CHANGES):
        who = course.students[number * 7 % STUDENTS]["id"]
        score = {"person": f"student-{who}", "score": (turn * 5 + number) % 20 + 0.5}
        course.canvas.control(f"assignments/{course.assignments[number % ASSIGNMENTS]}/grade", score)


# ---- Memory


def _memory(folder: Path, canvas: Any) -> Figures:
    """Most bytes that a process of its own held while it read, above what it held before; by pages."""
    found: Figures = {}
    for pages in MEMORY_PAGES:
        course = large_course(canvas, assignments=ASSIGNMENTS * pages // 60, students=STUDENTS)
        with reader_of(course, f"sqlite:///{folder / f'memory{pages}.sqlite3'}") as reader:
            where = {"url": reader.toolbox.settings.database_url, "course": reader.school.course_id}
        command = [sys.executable, "-m", "tests.benchmarks.canvas_memory", json.dumps(where)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[str(pages)] = json.loads(done.stdout)
    return found


# ---- As Markdown


_FETCH_TARGET, _CHANGES_TARGET, _FASTER, _LESS_CPU = 1.3, 0.15, 5, 20


def lines(figures: Figures) -> list[str]:
    """The figures as Markdown."""
    fetched = figures["fetching"]
    floor, api = fetched["floor"], fetched["canvasapi"]
    text = [
        "",
        f"| work of {ASSIGNMENTS} assignments, {STUDENTS} students, {AWAY_MS} ms away | s | x floor | target | CPU, s"
        " | canvasapi takes | target | canvasapi's CPU per row | target |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        f"| floor: the same pages, {AT_ONCE} at once | {floor['seconds']:.2f} | 1 | - | {floor['cpu']:.2f}"
        " | - | - | - | - |",
        f"| canvasapi | {api['seconds']:.1f} | {api['seconds'] / floor['seconds']:.1f} | - | {api['cpu']:.1f}"
        " | 1 x | - | 1 x | - |",
    ]
    for name, one in _ours(fetched).items():
        faster, less = api["seconds"] / one["all seconds"], api["cpu"] / one["all cpu"]
        text.append(
            f"| {name} | {one['seconds']:.2f} | {one['x floor']:.2f} | <= {_FETCH_TARGET} | {one['cpu']:.2f}"
            f" | {faster:.0f} x | >= {_FASTER} | {less:.0f} x | >= {_LESS_CPU} |"
        )
    text += [
        "",
        f"| the same again, all of it and then {CHANGES} changes | all, s | changes, s | changes : all | target |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, one in _ours(fetched).items():
        some = fetched[f"{name}, changes"]
        text.append(
            f"| {name} | {one['all seconds']:.2f} | {some['all seconds']:.3f} | {some['x all']:.3f}"
            f" | <= {_CHANGES_TARGET} |"
        )
    text += canvas_writing.lines(figures["writing"])
    text += [
        "",
        "| memory of one reading | pages | results kept | before, MB | most, MB | grew by, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for pages, held in figures["memory"].items():
        before, most = held["before"] / 1e6, held["most"] / 1e6
        text.append(
            f"| a process of its own | {pages} | {held['results']:,} | {before:.0f} | {most:.0f}"
            f" | {most - before:.1f} |"
        )
    return text


def _ours(fetched: Figures) -> Figures:
    return {name: one for name, one in fetched.items() if f"{name}, changes" in fetched}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.canvas_sync")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="write the raw figures here")
    options = parser.parse_args()
    figures = canvas_sync(options.rounds)
    print("\n".join(lines(figures)))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()

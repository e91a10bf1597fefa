"""Starting the three tools and the platform, each as real processes, and reading what CPU they used."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sqlalchemy import create_engine

from lti_plp.clock import utc_now
from lti_plp.database import prepare_engine
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import make_toolbox
from lti_plp.lms.models import Deployment, Person, Tenant
from lti_plp.migration import upgrade
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.settings import Settings
from tests.benchmarks.launching import Signer, Target
from tests.fixtures_postgres import free_port

WORKERS = 2


@dataclass
class Platform:
    """The key set's process."""

    url: str

    def control(self, **behaviour: Any) -> None:
        """Change how the key set is published."""
        request = Request(f"{self.url}/control", json.dumps(behaviour).encode(), method="POST")
        with urlopen(request, timeout=10) as answer:
            answer.read()

    def fetches(self) -> int:
        """How often the key set was fetched so far."""
        with urlopen(f"{self.url}/count", timeout=10) as answer:
            return int(json.load(answer))


@contextmanager
def platform_process() -> Iterator[Platform]:
    """Run the platform while the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.platform_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield Platform(f"http://127.0.0.1:{process.stdout.readline().strip()}")
    finally:
        process.communicate()


@dataclass
class Server:
    """A tool's gunicorn."""

    target: Target
    process: "subprocess.Popen[bytes]"
    database: Path

    def cpu(self) -> float:
        """Seconds of CPU that master and workers used so far."""
        pids = [self.process.pid, *_children(self.process.pid)]
        ticks = 0
        for pid in pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            # user, system, and those of children that ended
            ticks += sum(int(value) for value in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


@contextmanager
def all_servers(folder: Path, platform: Platform, signer: Signer) -> Iterator[dict[str, Server]]:
    """Run the three tools while the block lasts."""
    makers = {
        "floor": "tests.benchmarks.floor_tool:create_app()",
        "pylti1p3": "tests.benchmarks.pylti1p3_tool:create_app()",
        "lti_plp": "lti_plp.app:web_process()",
    }
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(server(name, application, folder, platform, signer))
            for name, application in makers.items()
        }


@contextmanager
def server(name: str, application: str, folder: Path, platform: Platform, signer: Signer) -> Iterator[Server]:
    """Run one tool with gunicorn's sync workers."""
    port, database = free_port(), folder / f"{name}.sqlite3"
    settings = Settings(
        public_url=f"http://127.0.0.1:{port}",
        secret_key=secrets.token_urlsafe(32),
        database_url=f"sqlite:///{database}",
    )
    template_id = prepare(settings, platform.url) if name == "lti_plp" else ""
    environ = {
        **os.environ,
        "BENCH_PLATFORM": platform.url,
        "BENCH_DATABASE": str(database),
        "BENCH_SECRET": settings.secret_key,
        "LTI_PLP_PUBLIC_URL": settings.public_url,
        "LTI_PLP_SECRET_KEY": settings.secret_key,
        "LTI_PLP_DATABASE_URL": settings.database_url,
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        application,
        f"--bind=127.0.0.1:{port}",
        f"--workers={WORKERS}",
    ]
    command += ["--worker-class=sync", "--log-level=warning", "--no-control-socket", "--backlog=512"]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        target = Target(name, port, platform.url, signer, template_id)
        _await(target, folder / f"{name}.log")
        yield Server(target, process, database)
    finally:
        process.terminate()
        process.wait(30)


def _await(target: Target, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if target.launch()[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{target.name} does not launch: {log.read_text()[-2000:]}")


def prepare(settings: Settings, platform: str) -> str:
    """Make our database: a registration, a deployment, and a placed reflection; the template's id."""
    engine = create_engine(settings.database_url)
    prepare_engine(engine)
    upgrade(engine)
    box = make_toolbox(settings, engine)
    now = utc_now()
    with box.sessions.begin() as session:
        box.keys.ensure_key(session, now)
        tenant = Tenant(name="Bench", created_at=now)
        registration = Registration(
            kind="canvas",
            name="Bench",
            issuer=platform,
            client_id="bench-client",
            auth_url=f"{platform}/authorize",
            token_url=f"{platform}/token",
            jwks_url=f"{platform}/jwks",
            created_at=now,
        )
        session.add_all([tenant, registration])
        session.flush()
        teacher = Person(tenant_id=tenant.id, name="Ms. Rivera", created_at=now)
        session.add_all(
            [
                teacher,
                Deployment(
                    registration_id=registration.id,
                    tenant_id=tenant.id,
                    lti_deployment_id="bench-deployment",
                    status="active",
                    first_seen_at=now,
                ),
            ]
        )
        session.flush()
        template = ReflectionTemplate(
            id="00000000-0000-4000-8000-000000000001",
            tenant_id=tenant.id,
            author_id=teacher.id,
            kind="reflect",
            locale="en",
            title="Quick check-in",
            instructions="Take five minutes.",
            questions=[
                {
                    "key": f"q{number}",
                    "text": f"What went well, and how do I know? ({number})",
                    "source": "REF-3",
                }
                for number in range(1, 11)
            ],
            grading="points",
            max_points=10,
            layout="one",
            created_at=now,
        )
        session.add(template)
        key = template.id
    engine.dispose()
    return key

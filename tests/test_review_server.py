"""The review's server answers this machine's own pages with the token, and nobody else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient
from stored_evidence import MARKED, store

from flows.review_room import RUNNING, ReviewRoom, review_room
from flows.review_server import listen, review_app
from flows.stages.painter import painter
from flows.stages.parse import Limits
from flows.stages.query import run_query
from schemas.errors import BadInput

HOST, TOKEN = "127.0.0.1:4711", "t" * 43
OURS = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin", "content-type": "application/json"}


@dataclass(frozen=True)
class Served:
    database: Path
    room: ReviewRoom
    client: TestClient

    @property
    def key(self) -> str:
        return str(run_query(self.database, "SELECT document_id FROM core.documents").rows[0][0])

    def decision(self, **changed: object) -> str:
        digest = run_query(self.database, "SELECT sha256(text), document_id FROM core.documents").rows[0][0]
        finding = run_query(self.database, "SELECT finding_id FROM core.findings WHERE field = 'governing_law'").rows
        cells = {"review_id": "r1", "field": "governing_law", "decision": "accept", "text_sha256": digest}
        return json.dumps({**cells, "finding_id": finding[0][0], **changed})

    def post(self, **changed: object) -> tuple[int, dict[str, str]]:
        path = f"/{TOKEN}/documents/{self.key}/reviews"
        answer = self.client.post(path, content=self.decision(**changed), headers=OURS)
        return answer.status_code, answer.json()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    database = store(tmp_path)
    with painter(Limits(workers=1)) as drawing, review_room(database, "Ann", drawing) as room:
        yield Served(database, room, TestClient(review_app(room, HOST, TOKEN), base_url=f"http://{HOST}"))


def test_pages_pictures_and_words_are_served(served: Served) -> None:
    get = served.client.get
    queue = get(f"/{TOKEN}/")
    assert queue.status_code == 200 and f"/{TOKEN}/documents/{served.key}" in queue.text
    page = get(f"/{TOKEN}/documents/{served.key}")
    assert page.status_code == 200 and page.text.count("<img ") == 2 and "data:image" not in page.text
    assert get(f"/{TOKEN}/documents/{served.key}/pages/2").content.startswith((b"\x89PNG", b"\xff\xd8"))
    words = get(f"/{TOKEN}/documents/{served.key}/words/2").json()
    assert [word["text"] for word in words][:6] == ["Signed", "on", "May", "9", ",", "2015"]
    assert all(0 <= side <= 100 for word in words for box in word["boxes"] for side in box)
    for answer in (queue, page):
        assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/wrong/", 404),
        (f"/{TOKEN[:-1]}/", 404),
        (f"/{TOKEN}é/", 404),
        (f"/{TOKEN}/documents/none", 400),
        (f"/{TOKEN}/documents/none/pages/1", 400),
        (f"/{TOKEN}/../../etc/passwd", 404),
    ],
)
def test_without_the_token_there_is_nothing(served: Served, path: str, status: int) -> None:
    assert served.client.get(path).status_code == status


def test_only_pages_that_there_are(served: Served) -> None:
    for number, status in ((0, 400), (3, 400), (1, 200)):
        assert served.client.get(f"/{TOKEN}/documents/{served.key}/pages/{number}").status_code == status


@pytest.mark.parametrize("host", ["evil.example:4711", "127.0.0.1:4712", "127.0.0.1", "localhost.evil.example"])
def test_another_name_for_this_machine_is_refused(served: Served, host: str) -> None:
    """DNS rebinding: a page of the attacker's whose name turns into 127.0.0.1 sends its own name as the host."""
    assert served.client.get(f"/{TOKEN}/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_decision_from_another_page_is_refused(served: Served, changed: dict[str, str]) -> None:
    path = f"/{TOKEN}/documents/{served.key}/reviews"
    answer = served.client.post(path, content=served.decision(), headers={**OURS, **changed})
    assert answer.status_code == 400 and "error" in answer.json()
    assert served.client.get(path).status_code == 405
    assert duckdb.connect(served.database).execute("SELECT count(*) FROM core.reviews").fetchall() == [(0,)]


def test_an_endless_decision_is_cut_short(served: Served) -> None:
    path = f"/{TOKEN}/documents/{served.key}/reviews"
    answer = served.client.post(path, content=b"[" * 70_000, headers=OURS)
    assert (answer.status_code, answer.json()["error"]) == (400, "a decision has at most 65536 bytes")


def test_a_decision_is_in_the_database_and_on_the_page(served: Served) -> None:
    assert served.post() == (200, {"stored": "r1"})
    assert served.post() == (200, {"stored": "r1"})
    page = served.client.get(f"/{TOKEN}/documents/{served.key}").text
    assert "Ann" in page and ", standing" in page
    assert run_query(served.database, "SELECT reviewer, decision FROM core.reviews").rows == (("Ann", "accept"),)


def test_what_cannot_be_decided_says_why(served: Served) -> None:
    assert served.post(text_sha256="0")[0] == 409
    status, told = served.post(decision="like")
    assert status == 400 and told["error"].startswith("unknown decision 'like'; have: accept")
    assert MARKED["governing_law"][0] not in told["error"]


def test_while_a_run_writes_the_page_says_so_and_a_decision_waits(served: Served) -> None:
    import subprocess
    import sys

    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    key, decision = served.key, served.decision()
    command = [sys.executable, "-c", hold, str(served.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stdout.readline() == "held\n"
        page = served.client.get(f"/{TOKEN}/documents/{key}")
        assert page.status_code == 200 and RUNNING in page.text
        path = f"/{TOKEN}/documents/{key}/reviews"
        assert served.client.post(path, content=decision, headers=OURS).status_code == 503
        run.communicate("")
    assert served.client.post(path, content=decision, headers=OURS).status_code == 200
    assert RUNNING not in served.client.get(f"/{TOKEN}/").text


def test_the_database_is_free_between_decisions(served: Served) -> None:
    import subprocess
    import sys

    served.post()
    write = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('CREATE TABLE main.t (i INTEGER)')"
    subprocess.run([sys.executable, "-c", write, str(served.database)], check=True)


def test_a_port_that_is_taken_is_a_clear_error(tmp_path: Path) -> None:
    with listen(0) as taken:
        port = taken.getsockname()[1]
        assert taken.getsockname()[0] == "127.0.0.1"
        with pytest.raises(BadInput, match=f"port {port} cannot be used; give another"):
            listen(port)
    with pytest.raises(BadInput, match="port 99999 cannot be used"):
        listen(99999)

"""What goes wrong on a machine that nobody watches: kills, full disks, damage, edits, departures.

Afterwards there is the old index or the new one, whoever looks is told what to do, and the server
is up.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import ROOT
from editions import open_fake, price_list
from fastapi.testclient import TestClient
from page_fixtures import environment

from keynote_qa import KeynoteQA
from keynote_qa.errors import IndexStoreError, KeynoteQAError
from keynote_qa.journal import Journal
from keynote_qa.lexical import load_lexical
from keynote_qa.passages import to_passages
from keynote_qa.records import Talk
from keynote_qa.replacing import put_back, sole_writer
from keynote_qa.sources import load_talk
from keynote_qa.store import load_index, save_index
from keynote_qa.text import normalise
from keynote_qa.web.app import create_service
from keynote_qa.web.limits import TokenBuckets
from keynote_qa.web.loading import Backstage
from keynote_qa.web.question_log import QuestionLog
from keynote_qa.web.tally import Tally


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "prices.txt"
    path.write_text(price_list(1), "utf-8")
    return path


def test_answers_are_those_of_one_edition(talk: Path, tmp_path: Path) -> None:
    answer = open_fake(tmp_path / "index", talk).ask("What does honey cost?")
    assert any("honey costs 17 dollars" in c.quote for c in (*answer.citations, *answer.nearest))


# -- killed -----------------------------------------------------------------------------------


def killed_while_indexing(talk: Path, index: Path, times: int, drawn: random.Random) -> list[str]:
    """Kill an indexer at random moments, look each time; gives what could be seen afterwards."""
    seen: list[str] = []
    edition = 1
    for _ in range(times):
        program = [sys.executable, str(ROOT / "tests" / "editions.py")]
        program += [str(talk), str(index), str(edition + 1)]
        child = subprocess.Popen(program, env=environment(), stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        edition = int(child.stdout.readline())
        began = time.monotonic()
        edition = int(child.stdout.readline())
        took = time.monotonic() - began
        select.select([], [], [], drawn.uniform(0, 1.2 * took))  # the moment is the test
        child.kill()
        edition = max([edition, *(int(line) for line in child.stdout.read().split())])
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        seen.append("no index in its place" if not (index / "manifest.json").exists() else "whole")
        # What a reader finds is one of the last two editions, all of it.
        put_back(index, pytest.fail)
        found = load_index(index)
        told = {line.text for line in found.talks[0].lines if line.text.startswith("Edition")}
        assert told in ({f"Edition {edition}"}, {f"Edition {edition - 1}"})
        (named,) = told
        whole = load_talk_of(price_list(int(named.split()[1])), talk)
        assert found.talks[0].lines == whole.lines
        assert {passage.text for passage in found.passages} == {
            piece.text for piece in to_passages(whole)
        }
        # Without being told its sources, it is refreshed from those that it was made of.
        qa = open_fake(index)
        assert qa.talks[0].lines == load_talk(talk).lines
        # Killed while it took the old one away, it leaves that to the next writer.
        assert qa.report.up_to_date or not list(index.parent.glob(f".{index.name}-*"))
        assert len(list(index.parent.glob(f".{index.name}-*"))) <= 1
    return seen


def load_talk_of(text: str, like: Path) -> Talk:
    path = like.parent / "other" / like.name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return load_talk(path)


def test_killed_at_random_moments_an_index_is_the_old_or_the_new(
    talk: Path, tmp_path: Path
) -> None:
    open_fake(tmp_path / "index", talk)
    killed_while_indexing(talk, tmp_path / "index", 3, random.Random(7))


@pytest.mark.long
def test_killed_a_hundred_times(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    seen = killed_while_indexing(talk, tmp_path / "index", 100, random.Random(1))
    print({what: seen.count(what) for what in sorted(set(seen))})


def test_an_index_that_a_killed_writer_set_aside_is_put_back(talk: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    open_fake(index, talk)
    index.rename(tmp_path / ".index-old-abc_1234")  # killed between the two renames
    (tmp_path / ".index-new-xyz_1234").mkdir()
    with pytest.raises(IndexStoreError, match="holds no index"):
        load_index(index)
    # Asked for without its sources, the folder is not taken for a new one of the default talk.
    qa = open_fake(index)
    assert qa.report.up_to_date
    assert qa.talks[0].lines == load_talk(talk).lines


def test_a_writer_leaves_alone_what_another_index_has_beside_it(tmp_path: Path) -> None:
    others = [tmp_path / f".{name}" for name in ("index-2-new-abcd1234", "index-old-old-abcd1234")]
    own = [tmp_path / f".{name}" for name in ("index-new-abcd1234", "index-old-abcd1234")]
    for folder in (*others, *own):
        folder.mkdir()
    with sole_writer(tmp_path / "index", pytest.fail):
        assert [folder.exists() for folder in (*others, *own)] == [True, True, False, False]


def test_what_is_read_while_it_is_replaced_is_no_mix(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "index", tmp_path / "second"
    open_fake(first, talk)
    talk.write_text(price_list(2), "utf-8")
    newer = open_fake(second, talk).index

    def replaced(folder: Path) -> object:
        monkeypatch.undo()
        save_index(newer, first)
        return load_lexical(folder)

    monkeypatch.setattr("keynote_qa.store.load_lexical", replaced)
    with pytest.raises(IndexStoreError, match="another took its place"):
        load_index(first)
    assert load_index(first).passages == newer.passages


# -- a full disk ------------------------------------------------------------------------------


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_wherever_the_disk_is_full_the_old_index_stays(talk: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    before = open_fake(index, talk).index
    sizes = sorted({path.stat().st_size for path in index.rglob("*") if path.is_file()})
    talk.write_text(price_list(2), "utf-8")
    for size in sizes:
        with (
            at_most(size - 1 if size == sizes[-1] else size // 2),
            pytest.raises(IndexStoreError, match=r"cannot be written.*--index DIR"),
        ):
            open_fake(index, talk)
        assert load_index(index).passages == before.passages
        assert not list(tmp_path.glob(".index-*"))
    assert not open_fake(index, talk).report.up_to_date


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None,
    reason="A disk of its own to fill needs root and mount",
)
def test_on_a_disk_that_is_full_the_command_says_so_and_keeps_the_index(
    talk: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("A disk of its own to fill: mounting is not allowed here")
    try:
        before = open_fake(disk / "index", talk).index
        (disk / "filler").write_bytes(b"x")
        with suppress(OSError), (disk / "filler").open("ab", buffering=0) as filler:
            while filler.write(b"x" * 4096) == 4096:
                pass
        talk.write_text(price_list(2), "utf-8")
        with pytest.raises(IndexStoreError, match=r"No space left.*--index DIR"):
            open_fake(disk / "index", talk)
        assert load_index(disk / "index").passages == before.passages
        (disk / "filler").unlink()
        assert not open_fake(disk / "index", talk).report.up_to_date
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# -- damage -----------------------------------------------------------------------------------


def damaged(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Ways in which a file is spoiled."""
    yield "emptied", b""
    yield "cut in half", data[: len(data) // 2]
    yield "one byte short", data[:-1]
    yield "longer", data + b"\0"
    for place in (0, len(data) // 2, len(data) - 1):
        for bit in (0, 7):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            yield f"bit {bit} of byte {place} flipped", bytes(flipped)


def test_whichever_file_is_damaged_it_is_told_and_the_index_made_anew(
    talk: Path, tmp_path: Path
) -> None:
    index, whole = tmp_path / "index", tmp_path / "whole"
    open_fake(index, talk, suggest=True)
    expected = load_index(index)
    shutil.copytree(index, whole)
    names = [path.relative_to(index) for path in index.rglob("*") if path.is_file()]
    assert {name.suffix for name in names} == {".json", ".faiss", ".npy"}
    for name in names:
        data = (whole / name).read_bytes()
        if name.name == "suggestions.json":
            continue
        for how, spoiled in damaged(data):
            if name.name == "manifest.json" and ("flipped" in how or "short" in how):
                continue  # tried in `test_whichever_bit_…`; its last byte is white space
            (index / name).write_bytes(spoiled)
            said: list[str] = []
            qa = open_fake(index, talk, said=said)
            assert said, (name, how)
            assert "keynote-qa index --index" in said[0]
            assert qa.index.passages == expected.passages
            (index / name).write_bytes(spoiled)
            with pytest.raises(IndexStoreError, match="keynote-qa index --index"):
                load_index(index)
            shutil.rmtree(index)
            shutil.copytree(whole, index)


def test_whichever_bit_of_the_manifest_flips_nothing_else_is_answered(
    talk: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    expected = open_fake(index, talk).index
    data = (index / "manifest.json").read_bytes()
    drawn = random.Random(3)
    for _ in range(60):
        flipped = bytearray(data)
        flipped[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
        (index / "manifest.json").write_bytes(flipped)
        try:
            found = load_index(index)
        except KeynoteQAError:
            continue
        assert (found.talks, found.passages) == (expected.talks, expected.passages)


@pytest.mark.parametrize("manifest", ["[]", "7", "{}", "null", "[" * 100_000])
def test_a_manifest_of_another_shape_is_an_error_that_says_what_to_do(
    talk: Path, tmp_path: Path, manifest: str
) -> None:
    open_fake(tmp_path / "index", talk)
    (tmp_path / "index" / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(IndexStoreError, match="keynote-qa index --index"):
        open_fake(tmp_path / "index")
    assert open_fake(tmp_path / "index", talk).index.passages


@pytest.mark.parametrize("value", [7, None, "text", [], {}, {"talks.json": 7}])
def test_whatever_a_manifest_s_values_are_nothing_is_read_that_it_does_not_vouch_for(
    talk: Path, tmp_path: Path, value: object
) -> None:
    index = tmp_path / "index"
    open_fake(index, talk)
    manifest = json.loads((index / "manifest.json").read_text("utf-8"))
    for name in ("files", "counts", "dimension"):
        (index / "manifest.json").write_text(json.dumps(manifest | {name: value}), "utf-8")
        with pytest.raises(IndexStoreError, match="keynote-qa index --index"):
            load_index(index)
        assert open_fake(index, talk).index.passages


def test_damaged_suggestions_are_made_anew(talk: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    expected = open_fake(index, talk, suggest=True).suggestions
    assert expected
    data = (index / "suggestions.json").read_bytes()
    for _, spoiled in damaged(data):
        (index / "suggestions.json").write_bytes(spoiled)
        assert open_fake(index, talk, suggest=True).suggestions == expected


# -- a server that goes on --------------------------------------------------------------------


def served(qa: KeynoteQA) -> TestClient:
    backstage = Backstage(lambda: qa)
    backstage.start()
    return TestClient(create_service(backstage))


def removed(talk: Path) -> None:
    talk.unlink()


def edited(talk: Path) -> None:
    talk.write_text(price_list(2), "utf-8")


def no_longer_text(talk: Path) -> None:
    talk.write_bytes(b"\xff\x00")


@pytest.mark.parametrize("happens", [removed, edited, no_longer_text])
def test_whatever_becomes_of_a_source_the_server_answers_from_what_it_read(
    talk: Path, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    qa = open_fake(tmp_path / "index", talk)
    lines = load_talk(talk).lines
    client = served(qa)
    before = client.post("/api/ask", json={"question": "What does honey cost?"}).json()
    happens(talk)
    shutil.rmtree(tmp_path / "index")
    after = client.post("/api/ask", json={"question": "What does honey cost?"}).json()
    assert after | {"elapsed_ms": 0} == before | {"elapsed_ms": 0}
    for cited in (*after["citations"], *after["nearest"]):
        stored = lines[cited["start_line"] - 1 : cited["end_line"]]
        assert normalise(cited["quote"]) in normalise("\n".join(line.text for line in stored))
    assert client.get("/readyz").status_code == 200


def test_a_source_that_nobody_may_read_is_answered_from_the_copy_at_the_next_start(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_fake(tmp_path / "index", talk)
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:  # permissions do not bind root
        if path == talk:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    said: list[str] = []
    qa = open_fake(tmp_path / "index", said=said)
    assert "Permission denied" in said[0]
    assert "Answering from the copy" in said[0]
    assert served(qa).post("/api/ask", json={"question": "What does honey cost?"}).is_success


def test_a_clock_that_goes_backwards_disturbs_nothing(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_480_608_000.0]

    def backwards() -> float:
        now[0] -= 3600
        return now[0]

    monkeypatch.setattr(time, "time", backwards)
    journal = Journal(tmp_path / "questions.jsonl")
    log = QuestionLog(journal, clock=backwards)
    qa = open_fake(tmp_path / "index", talk)
    backstage = Backstage(lambda: qa, tally=Tally(clock=backwards), question_log=log)
    backstage.start()
    app = create_service(backstage, buckets=TokenBuckets(burst=30))
    with TestClient(app, client=("203.0.113.9", 40000)) as client:
        for _ in range(20):
            said = client.post("/api/ask", json={"question": "What does honey cost?"})
            assert said.status_code == 200
            assert said.json()["elapsed_ms"] >= 0
    log.close()
    assert len(journal.path.read_text("utf-8").splitlines()) == 20
    assert open_fake(tmp_path / "index", talk).report.up_to_date


def test_intervals_are_measured_by_a_clock_that_nobody_sets() -> None:
    """Wall time is for telling when something was: those modules alone may ask for it."""
    tells = {"web/tally.py", "web/feedback.py", "web/question_log.py"}
    package = ROOT / "src" / "keynote_qa"
    asks = re.compile(r"\btime\.time\b|\.now\(|\butcnow\b|\.today\(")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if asks.search(path.read_text("utf-8"))
    }
    assert found == tells

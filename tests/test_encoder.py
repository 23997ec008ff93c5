"""The default model in plain torch against the libraries whose vectors it is to give."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from keynote_qa import KeynoteQA
from keynote_qa.adapters import QUERY, load_deltas
from keynote_qa.batching import Batched
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.encoder import PASS_TOKENS, SHARED_TOKENS, shares
from keynote_qa.errors import ModelError
from keynote_qa.index import dense_text
from keynote_qa.question_set import load_questions
from keynote_qa.span_reader import AdapterReader

TESTS = Path(__file__).parent

ODD = [
    "",
    " ",
    "  two \t words\n\n",
    "é ü ﬁ 你好 😀 \u200b",
    "[SEP] [CLS] [MASK] [PAD]",
    "a" * 300 + " b",
    "word " * 600,
    "x\x00y",
]


@pytest.fixture(scope="module")
def library() -> SentenceTransformerEmbedder:
    """The model without adapters, by its path: what is no default runs in sentence-transformers."""
    from benchmarks.bare import official

    return official()


def test_its_vectors_are_those_of_sentence_transformers_with_the_adapter(
    qa: KeynoteQA, embedder: SentenceTransformerEmbedder, library: SentenceTransformerEmbedder
) -> None:
    from benchmarks.bare import of_passages

    texts = [*ODD, *(dense_text(passage) for passage in qa.index.passages[::7])]
    vectors = of_passages().encode(texts, normalize_embeddings=True)
    np.testing.assert_allclose(embedder.encode(texts), vectors, atol=1e-6)
    assert np.abs(embedder.encode(texts) - library.encode(texts)).max() > 0.01
    assert (embedder.dimension, embedder.max_tokens) == (library.dimension, library.max_tokens)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", ODD)
def test_it_counts_as_sentence_transformers_counts(
    embedder: SentenceTransformerEmbedder, library: SentenceTransformerEmbedder, text: str
) -> None:
    assert embedder.count_tokens(text) == library.count_tokens(text)
    assert embedder.knows_word(text) is library.knows_word(text)


def test_texts_embedded_together_have_the_vectors_they_have_alone(
    embedder: SentenceTransformerEmbedder,
) -> None:
    texts = [f"How many {'very ' * (n % 40)}large shops are there?" for n in range(90)]
    alone = np.concatenate([embedder.encode([text]) for text in texts])
    np.testing.assert_allclose(embedder.encode(texts), alone, atol=1e-6)


@pytest.mark.parametrize("cores", [1, 2, 7])
@pytest.mark.parametrize("lengths", [[], [9], [12, 3], [137, 96, 77], [256] * 9, [40] * 300])
def test_work_is_shared_evenly_and_each_text_is_read_once(lengths: list[int], cores: int) -> None:
    passes = shares(lengths, cores)
    assert [place for part in passes for place in part] == list(range(len(lengths)))
    held = [sum(lengths[place] for place in part) for part in passes]
    assert all(0 < tokens <= PASS_TOKENS + max(lengths) / 2 for tokens in held)
    assert len(passes) <= max(cores, 1 + sum(lengths) // (PASS_TOKENS - max(lengths, default=0)))
    if sum(lengths) >= cores * SHARED_TOKENS and len(lengths) >= cores:
        assert len(passes) >= cores


def test_a_question_is_nearer_to_what_answers_it_than_in_the_official_model(
    embedder: SentenceTransformerEmbedder, library: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    found = {"adapted": 0, "official": 0}
    for talk in ("museum-opening", "bee-health"):
        questions = [
            asked
            for asked in load_questions(TESTS / "questions" / f"{talk}.jsonl")
            if asked.answerable and not asked.history
        ]
        for name, model in (("adapted", embedder), ("official", library)):
            qa = KeynoteQA.open(
                tmp_path / f"{talk}-{name}", sources=[TESTS / "talks" / f"{talk}.txt"],
                embedder=model, reader="none", suggest=False,
            )  # fmt: skip
            passages = qa.index.passages
            asked = model.encode_query([question.question for question in questions])
            nearest = (asked @ qa.index.vectors().T).argmax(axis=1)
            found[name] += sum(
                any(a <= passages[row].end_line and passages[row].start_line <= b
                    for a, b in question.evidence)
                for question, row in zip(questions, nearest.tolist(), strict=True)
            )  # fmt: skip
    assert found["adapted"] > found["official"] + 10


def test_questions_of_another_model_are_embedded_as_texts_are(
    library: SentenceTransformerEmbedder,
) -> None:
    asked = ["How many shops are there?"]
    np.testing.assert_array_equal(library.encode_query(asked), library.encode(asked))


def test_questions_embedded_together_have_about_the_vectors_they_have_alone(
    embedder: SentenceTransformerEmbedder,
) -> None:
    asked = [f"How many {'very ' * (n % 40)}large shops are there?" for n in range(40)]
    alone = np.concatenate([embedder.encode_query([text]) for text in asked])
    together = embedder.encode_query(asked)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert ((together * alone).sum(axis=1) > 0.999).all()  # half precision, where it is fast


@pytest.mark.parametrize("kept", [(), ("adapter_config.json",)])
def test_an_adapter_that_cannot_be_read_says_what_to_do(
    tmp_path: Path, kept: Sequence[str]
) -> None:
    for name in kept:
        (tmp_path / name).write_bytes((QUERY / name).read_bytes())
        (tmp_path / "adapter_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="Install the package again"):
        load_deltas(tmp_path)


def test_nothing_to_read_is_no_error() -> None:
    assert AdapterReader().read("How many shops are there?", []) == []


def test_questions_asked_at_a_time_get_their_own_answers(qa: KeynoteQA) -> None:
    questions = [suggestion.question for suggestion in qa.suggestions] * 2
    alone = {question: qa.ask(question) for question in questions}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(qa.ask, questions))
    for question, answer in zip(questions, together, strict=True):
        assert answer.question == question
        assert answer.answer == alone[question].answer
        assert answer.citations[0].row == alone[question].citations[0].row


def test_a_reader_of_several_threads_reads_each_its_own() -> None:
    reader = AdapterReader()
    contexts = [
        f"Shops | There are {n} shops in the town | They open at {n % 12}" for n in range(40)
    ]

    def read(context: str) -> str:
        (spans,) = reader.read("How many shops are there?", [context])
        start, end = spans.best()
        return context[start:end]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, contexts))
    assert [words for n, words in enumerate(found) if str(n) not in words] == []


def test_calls_that_come_meanwhile_go_together_and_each_gets_its_own() -> None:
    entered, go_on = threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def double(numbers: Sequence[int]) -> list[int]:
        batches.append(list(numbers))
        entered.set()
        go_on.wait()
        return [2 * number for number in numbers]

    batched = Batched(double)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(batched, [1])
        entered.wait()
        rest = [pool.submit(batched, [n, n + 1]) for n in (10, 20, 30, 40, 50)]
        while len(batched._waiting) < len(rest):
            threading.Event().wait(0.001)
        go_on.set()
        assert first.result() == [2]
        assert [r.result() for r in rest] == [[2 * n, 2 * n + 2] for n in (10, 20, 30, 40, 50)]
    assert batches[0] == [1]
    assert sorted(batches[1]) == [10, 11, 20, 21, 30, 31, 40, 41, 50, 51]
    assert len(batches) == 2
    assert batched([7]) == [14]


def test_what_fails_for_one_caller_fails_for_no_other() -> None:
    entered, go_on = threading.Event(), threading.Event()

    def invert(numbers: Sequence[int]) -> list[float]:
        entered.set()
        go_on.wait()
        return [1 / number for number in numbers]

    batched = Batched(invert)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(batched, [1])
        entered.wait()
        good, bad = pool.submit(batched, [2, 4]), pool.submit(batched, [5, 0])
        while len(batched._waiting) < 2:
            threading.Event().wait(0.001)
        go_on.set()
        assert (first.result(), good.result()) == ([1.0], [0.5, 0.25])
        with pytest.raises(ZeroDivisionError):
            bad.result()

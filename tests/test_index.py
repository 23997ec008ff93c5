"""The index against brute force, and what becomes of it on disk."""

import json
import math
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import SEED
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA
from keynote_qa.errors import IndexStoreError
from keynote_qa.index import Index, build_index, lexical_text
from keynote_qa.lexical import K1, B
from keynote_qa.passages import to_passages
from keynote_qa.retrieve import Query, reciprocal_rank_fusion, retrieve
from keynote_qa.sources import load_talk
from keynote_qa.store import load_index, save_index
from keynote_qa.text import tokenize

QUESTIONS = [
    "How many requests per second does Thomson Reuters process?",
    "data catalog",
    "Who is the head of cloud at Trainline?",
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Index:
    path = tmp_path_factory.mktemp("talk") / "talk.txt"
    path.write_text("Bread And Butter\n\nRye costs six dollars\n\nOat costs five\n", "utf-8")
    return index_of(path, CountingEmbedder())


def index_of(path: Path, embedder: CountingEmbedder, reuse: Index | None = None) -> Index:
    talk = load_talk(path)
    passages = to_passages(talk)
    index, _ = build_index(
        [talk], passages, embedder, settings={}, requested=[], sources=[], reuse=reuse
    )
    return index


@pytest.mark.parametrize("question", QUESTIONS)
def test_dense_search_gives_the_scores_of_brute_force(qa: KeynoteQA, question: str) -> None:
    query = qa.understand(question).vector
    rows, scores = qa.index.search_dense(query, 10)
    brute = qa.index.vectors() @ query
    np.testing.assert_allclose(scores, np.sort(brute)[::-1][:10], rtol=1e-5)
    np.testing.assert_allclose(scores, brute[rows], rtol=1e-5)


@pytest.mark.parametrize("question", QUESTIONS)
def test_lexical_search_gives_the_scores_of_the_formula(qa: KeynoteQA, question: str) -> None:
    documents = [Counter(tokenize(lexical_text(p))) for p in qa.index.passages]
    mean = sum(map(Counter.total, documents)) / len(documents)
    expected = np.zeros(len(documents))
    for term in tokenize(question):
        n = sum(term in d for d in documents)
        idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
        for row, d in enumerate(documents):
            damped = K1 * (1 - B + B * d.total() / mean)
            expected[row] += idf * d[term] / (d[term] + damped)
    rows, scores = qa.index.search_lexical(tokenize(question), 10)
    np.testing.assert_allclose(scores, np.sort(expected)[::-1][: len(scores)], rtol=1e-4)
    np.testing.assert_allclose(scores, expected[rows], rtol=1e-4)
    for term in tokenize(question):
        assert list(qa.index.rows_with(term)) == [r for r, d in enumerate(documents) if term in d]


def test_fusion_by_hand() -> None:
    fused = reciprocal_rank_fusion([[7, 8], [8, 9]], k=60)
    assert fused == {7: 1 / 61, 8: 1 / 62 + 1 / 61, 9: 1 / 62}


def test_a_hit_carries_the_scores_of_both_searches(small: Index) -> None:
    embedder = CountingEmbedder()
    terms = tuple(tokenize("rye costs"))
    query = Query("rye costs", terms, embedder.encode(["rye costs"])[0])
    hits = retrieve(small, query)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    brute = small.vectors() @ query.vector
    for hit in hits:
        assert hit.dense == pytest.approx(float(brute[hit.row]), rel=1e-5)


def test_words_that_no_passage_holds_find_nothing_lexically(small: Index) -> None:
    rows, scores = small.search_lexical(["zeppelin"], 5)
    assert (len(rows), len(scores)) == (0, 0)


def test_saved_and_loaded_it_is_the_same(small: Index, tmp_path: Path) -> None:
    save_index(small, tmp_path / "index")
    loaded = load_index(tmp_path / "index")
    assert loaded.passages == small.passages
    assert loaded.talks == small.talks
    np.testing.assert_array_equal(loaded.vectors(), small.vectors())
    np.testing.assert_array_equal(
        loaded.search_lexical(["rye"], 5)[1], small.search_lexical(["rye"], 5)[1]
    )


def test_no_file_of_an_index_is_a_pickle(small: Index, tmp_path: Path) -> None:
    save_index(small, tmp_path / "index")
    files = [path for path in (tmp_path / "index").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".npy", ".faiss"}
    for path in files:
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)


@pytest.mark.parametrize(
    "name", ["talks.json", "passages.json", "vectors.faiss", "bm25/scores.npy"]
)
def test_one_flipped_bit_is_noticed(small: Index, tmp_path: Path, name: str) -> None:
    save_index(small, tmp_path / "index")
    path = tmp_path / "index" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IndexStoreError, match=r"has changed since.*keynote-qa index"):
        load_index(tmp_path / "index")


def test_a_missing_file_is_noticed(small: Index, tmp_path: Path) -> None:
    save_index(small, tmp_path / "index")
    (tmp_path / "index" / "vectors.faiss").unlink()
    with pytest.raises(IndexStoreError, match="keynote-qa index"):
        load_index(tmp_path / "index")


def test_parts_of_different_sizes_are_noticed(small: Index, tmp_path: Path) -> None:
    save_index(small, tmp_path / "index")
    path = tmp_path / "index" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["counts"]["passages"] += 1
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(IndexStoreError, match="different sizes"):
        load_index(tmp_path / "index")


def test_a_failed_write_leaves_the_old_index_whole(
    small: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    save_index(small, folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("faiss.write_index", full)
    with pytest.raises(IndexStoreError, match="No space left"):
        save_index(small, folder)
    assert load_index(folder).passages == small.passages
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_folder_of_something_else_is_not_overwritten(small: Index, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", "utf-8")
    with pytest.raises(IndexStoreError, match=r"thesis\.tex"):
        save_index(small, tmp_path)
    assert (tmp_path / "thesis.tex").read_text("utf-8") == "years of work"


def test_a_rebuild_embeds_only_what_changed(tmp_path: Path) -> None:
    path = tmp_path / SEED.name
    shutil.copy(SEED, path)
    first = CountingEmbedder()
    old = index_of(path, first)
    text = path.read_text("utf-8").replace("4,000 requests per second", "5,000 requests per second")
    path.write_text(text, "utf-8")
    second = CountingEmbedder()
    new = index_of(path, second, reuse=old)
    assert second.embedded
    assert all("5,000 requests" in text for text in second.embedded)
    np.testing.assert_array_equal(new.vectors(), index_of(path, CountingEmbedder()).vectors())

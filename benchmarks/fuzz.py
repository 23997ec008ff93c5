"""Coverage-guided fuzzing of everything that comes from outside, bounded in time.

    pip install ".[fuzz]"
    python -m benchmarks.fuzz                       # every target, a minute each
    python -m benchmarks.fuzz --minutes 10 .pdf     # one of them for longer

Targets are the formats of sources, `normalise`, the files of an index, and questions about the talk
that comes with the package, by the real model: the last line, after those on the lines above.

Atheris (libFuzzer) is led by the branches of the project's own code. It begins with whole files,
in packages (PPTX, DOCX) it spoils one part and packs it again, and it looks for what the property
tests look for: `tests/hostile.py`. An input that crashes, or takes longer than `--timeout` seconds,
is kept in `--findings`, and ends the round of its target with exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keynote_qa.index import Index

FORMATS = (".txt", ".md", ".vtt", ".srt", ".html", ".pdf", ".docx", ".pptx")
TARGETS = (*FORMATS, "normalise", "index", "ask")
PACKAGES = (".docx", ".pptx")


def main() -> None:
    """Fuzz one target after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], metavar="TARGET")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--timeout", type=int, default=5, help="seconds that one input may take")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    chosen = parser.parse_args()
    failed = []
    for target in chosen.targets or TARGETS:
        chosen.findings.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            corpus, written = Path(name) / "corpus", Path(name) / "written"
            corpus.mkdir()
            written.mkdir()
            for number, data in enumerate(seeds(target)):
                (corpus / str(number)).write_bytes(data)
            done = subprocess.run(
                [
                    *(sys.executable, "-c", f"from benchmarks.fuzz import fuzz; fuzz({target!r})"),
                    str(corpus),
                    f"-max_total_time={int(chosen.minutes * 60)}",
                    f"-timeout={chosen.timeout}",
                    f"-artifact_prefix={chosen.findings}/{target.lstrip('.')}-",
                    "-max_len=200000",
                    "-rss_limit_mb=4096",
                    "-print_final_stats=1",
                ],
                env={**os.environ, "FINDINGS": str(chosen.findings), "WRITTEN": str(written)},
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
        rows = [row for row in done.stderr.splitlines() if not row.startswith("#")]
        tried = next((row.split()[-1] for row in rows if "number_of_executed_units" in row), "?")
        print(f"{target:10} {tried:>9} inputs  {'fine' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed.append(target)
            print("\n".join(rows[-40:]))
    sys.exit(1 if failed else 0)


def seeds(target: str) -> list[bytes]:
    """Whole inputs of a target, to begin with."""
    from hostile import CAPTIONS
    from page_fixtures import SEED
    from test_documents import HTML, pdf, presentation, word

    talk = SEED.read_bytes()[:1200]
    whole = {
        ".vtt": [CAPTIONS],
        ".srt": [CAPTIONS],
        ".html": [HTML.encode()],
        ".pdf": [pdf(slides=True), pdf(slides=False)],
        ".docx": [word()],
        ".pptx": [presentation()],
        "index": [bytes([number]) + data for number, data in enumerate(index_files().values())],
        "ask": [b"What is AWS Glue?", b"How much time did FINRA save?\nAnd Hearst?", b"hi <b>"],
    }
    return whole.get(target, [talk, HTML.encode(), CAPTIONS])


def small_index(folder: Path) -> Index:
    """An index of a short talk, written to "index" in a folder."""
    from editions import open_fake, price_list

    (folder / "talk.txt").write_text(price_list(1), "utf-8")
    return open_fake(folder / "index", folder / "talk.txt").index


def index_files() -> dict[str, bytes]:
    """What the files of that index hold."""
    from hostile import files_of

    with tempfile.TemporaryDirectory() as name:
        small_index(Path(name))
        return files_of(Path(name) / "index")


def checked(target: str, folder: Path) -> Callable[[bytes], object]:
    """What is done with an input of a target; a folder for what it writes."""
    import hostile
    from page_fixtures import SEED

    from keynote_qa import KeynoteQA

    if target == "normalise":
        return lambda data: hostile.check_normalised(data.decode("utf-8", "surrogateescape"))
    if target == "index":
        whole = small_index(folder)
        files = hostile.files_of(folder / "index")
        names = list(files)

        def opened(data: bytes) -> bool:
            spoil = names[data[0] % len(names)] if data else names[0]
            return hostile.check_index(folder / "index", files, whole, spoil, data[1:])

        return opened
    if target == "ask":
        qa = KeynoteQA.open(folder, sources=[SEED], suggest=False)
        lines = SEED.read_text("utf-8").split("\n")

        def asked(data: bytes) -> None:
            *history, question = data.decode("utf-8", "surrogateescape").split("\n")
            hostile.check_question(qa, lines, question, history)

        return asked
    return lambda data: hostile.check(target, data)


def fuzz(target: str) -> None:
    """Fuzz one target as the arguments of this process say; does not return."""
    import logging
    import warnings

    import atheris

    warnings.simplefilter("ignore")
    logging.disable()
    with atheris.instrument_imports(include=["keynote_qa"]):
        from hostile import inside

        check = checked(target, Path(os.environ["WRITTEN"]))

    def one(data: bytes) -> None:
        try:
            check(data)
        except BaseException:
            digest = hashlib.sha256(data).hexdigest()[:12]
            kept = f"{target.lstrip('.')}-{digest}{target if target in FORMATS else ''}"
            (Path(os.environ["FINDINGS"]) / kept).write_bytes(data)
            raise

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        def spoil(part: bytes) -> bytes:
            return bytes(atheris.Mutate(part, len(part) + 200))

        drawn = random.Random(seed)
        try:
            spoiled = inside(data, spoil, drawn) if drawn.randrange(4) else spoil(data)
        except Exception:  # what was spoiled before is no package any more
            spoiled = spoil(data)
        return spoiled[:max_size]

    more = {"custom_mutator": mutate} if target in PACKAGES else {}
    atheris.Setup(sys.argv, one, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Coverage-guided fuzzing of everything that reads a source, bounded in time.

    pip install ".[fuzz]"
    python -m benchmarks.fuzz                       # every format, a minute each
    python -m benchmarks.fuzz --minutes 10 .pdf     # one of them for longer

Atheris (libFuzzer) is led by the branches of the project's own code. It begins with whole files,
in packages (PPTX, DOCX) it spoils one part and packs it again, and it looks for what the property
tests look for: `tests/hostile.py`. An input that crashes, or takes longer than `--timeout` seconds,
is kept in `--findings`, and ends the round of its format with exit code 1.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

FORMATS = (".txt", ".md", ".vtt", ".srt", ".html", ".pdf", ".docx", ".pptx")
PACKAGES = (".docx", ".pptx")


def main() -> None:
    """Fuzz one format after the other, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("formats", nargs="*", choices=[*FORMATS, []], metavar="FORMAT")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each format")
    parser.add_argument("--timeout", type=int, default=5, help="seconds that one input may take")
    parser.add_argument("--findings", type=Path, default=Path("fuzz-findings"))
    chosen = parser.parse_args()
    failed = []
    for suffix in chosen.formats or FORMATS:
        chosen.findings.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as corpus:
            for number, data in enumerate(seeds(suffix)):
                (Path(corpus) / str(number)).write_bytes(data)
            done = subprocess.run(
                [
                    *(sys.executable, "-c", f"from benchmarks.fuzz import fuzz; fuzz({suffix!r})"),
                    corpus,
                    f"-max_total_time={int(chosen.minutes * 60)}",
                    f"-timeout={chosen.timeout}",
                    f"-artifact_prefix={chosen.findings}/{suffix[1:]}-",
                    "-max_len=200000",
                    "-rss_limit_mb=4096",
                    "-print_final_stats=1",
                ],
                env={**os.environ, "FINDINGS": str(chosen.findings)},
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
            )
        rows = [row for row in done.stderr.splitlines() if not row.startswith("#")]
        tried = next((row.split()[-1] for row in rows if "number_of_executed_units" in row), "?")
        print(f"{suffix:6} {tried:>9} inputs  {'fine' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed.append(suffix)
            print("\n".join(rows[-40:]))
    sys.exit(1 if failed else 0)


def seeds(suffix: str) -> list[bytes]:
    """Whole files of a format, to begin with."""
    from hostile import CAPTIONS
    from page_fixtures import SEED
    from test_documents import HTML, pdf, presentation, word

    talk = SEED.read_bytes()[:1200]
    if suffix in (".vtt", ".srt"):
        return [CAPTIONS]
    if suffix == ".html":
        return [HTML.encode()]
    if suffix == ".pdf":
        return [pdf(slides=True), pdf(slides=False)]
    if suffix == ".docx":
        return [word()]
    return [presentation()] if suffix == ".pptx" else [talk, HTML.encode(), CAPTIONS]


def fuzz(suffix: str) -> None:
    """Fuzz one format as the arguments of this process say; does not return."""
    import logging
    import warnings

    import atheris

    warnings.simplefilter("ignore")
    logging.disable()
    with atheris.instrument_imports(include=["keynote_qa"]):
        from hostile import check, inside

    def one(data: bytes) -> None:
        try:
            check(suffix, data)
        except BaseException:
            name = f"{suffix[1:]}-{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
            (Path(os.environ["FINDINGS"]) / name).write_bytes(data)
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

    more = {"custom_mutator": mutate} if suffix in PACKAGES else {}
    atheris.Setup(sys.argv, one, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

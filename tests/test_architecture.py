"""What imports what, and what is loaded when."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

from keynote_qa.freshness import RULES

PACKAGE = ROOT / "src" / "keynote_qa"
SLOW = {"gradio", "torch", "faiss", "sentence_transformers", "transformers", "numpy"}


def imports(path: Path) -> set[str]:
    """The project's modules that a module imports when it is itself imported."""
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keynote_qa"):
            module = str(node.module)
            names = [f"{module}.{alias.name}" for alias in node.names]
            found |= {name for name in names if is_module(name)} or {module}
    return found


def is_module(name: str) -> bool:
    path = ROOT / "src" / Path(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_there_are_no_cycles() -> None:
    graph = {module_name(path): imports(path) for path in PACKAGE.rglob("*.py")}
    list(TopologicalSorter(graph).static_order())


def test_no_part_imports_the_root_package() -> None:
    for path in PACKAGE.rglob("*.py"):
        users = path.name in ("cli.py", "__init__.py")
        assert users or "keynote_qa" not in imports(path), path


def test_an_index_is_made_anew_when_any_module_that_cuts_passages_has_changed() -> None:
    cutting: set[str] = set()
    ahead = {"keynote_qa.passages", "keynote_qa.sources.load"}
    while ahead:
        module = ahead.pop()
        cutting.add(module)
        path = ROOT / "src" / Path(*module.split("."))
        if path.with_suffix(".py").is_file():
            ahead |= imports(path.with_suffix(".py")) - cutting
    # Shapes of the data, messages and limits: none of these says where a passage ends.
    cutting -= {f"keynote_qa.{name}" for name in ("records", "errors", "sources.limits")}
    assert cutting == {module.__name__ for module in RULES}


def test_only_the_page_knows_gradio() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "web":
            assert "import gradio" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("module", ["keynote_qa", "keynote_qa.cli"])
def test_importing_loads_nothing_slow(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({SLOW!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_default_model_needs_neither_of_the_large_libraries() -> None:
    # They take three seconds to import, which whoever asks a question would wait for.
    slow = {"transformers", "sentence_transformers", "sklearn", "scipy", "pandas"}
    code = (
        "import sys; from keynote_qa.span_reader import open_span_reader; "
        "from keynote_qa.embed import SentenceTransformerEmbedder as E; "
        "from keynote_qa import assistant, store; "
        "E().encode(['a']); open_span_reader().read('a', ['b']); "
        f"print(*sorted({slow!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_spaces_installs_what_the_project_depends_on() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert [row for row in rows if not row.startswith("#")] == project["dependencies"]
    front = (ROOT / "README.md").read_text("utf-8").split("---\n")[1]
    (gradio,) = (d for d in project["dependencies"] if d.startswith("gradio=="))
    assert f"sdk_version: {gradio.removeprefix('gradio==')}" in front
    assert "app_file: app.py" in front


def test_the_lock_file_names_no_host() -> None:
    # Packages are known by their digests; each machine knows where it gets them.
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    assert '"integrity": "sha512-' in lock
    assert "://" not in lock

"""`requirements.lock` fits `pyproject.toml`, whatever has been released since it was made."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
AGAIN = (
    "Make it again: uv pip compile pyproject.toml --all-extras --universal --generate-hashes "
    "--python-version 3.11 --no-emit-index-url --no-annotate --no-header -o requirements.lock"
)


def entries() -> list[str]:
    """The lock's entries, each on one line."""
    return LOCK.replace("\\\n", " ").splitlines()


def locked() -> dict[str, str]:
    """Names and versions of what the lock holds for this machine."""
    found = {}
    for entry in entries():
        requirement = Requirement(entry.split("--hash")[0])
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            assert pin.operator == "==", entry
            found[canonicalize_name(requirement.name)] = pin.version
    return found


def missing(wanted: list[str], extra: str = "") -> list[str]:
    """Which of the requirements that hold on this machine the lock does not satisfy."""
    held = locked()
    lacking = []
    for text in wanted:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        own = name == PROJECT["name"]
        if not own and (name not in held or not requirement.specifier.contains(held[name])):
            lacking.append(text)
    return lacking


def test_each_entry_is_pinned_and_known_by_its_digests() -> None:
    for entry in entries():
        assert re.fullmatch(r"\S+==\S+(?: ; [^;]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+", entry)


def test_it_names_no_host() -> None:
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_it_holds_what_the_project_asks_for() -> None:
    wanted = [*PROJECT["dependencies"]]
    for extra in PROJECT["optional-dependencies"].values():
        wanted += extra
    assert missing(wanted) == [], AGAIN
    assert locked()["torch"] == "2.13.0"


def test_it_holds_what_the_locked_packages_ask_for() -> None:
    """Of those that are installed in the locked version, which tell what they need."""
    looked_at = 0
    for name, version in locked().items():
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        if installed.version == version:
            looked_at += 1
            assert missing(installed.requires or []) == [], f"{name} {version}: {AGAIN}"
    assert looked_at

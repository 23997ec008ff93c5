"""What the README shows is what happens: its code runs, its commands print what stands there."""

from __future__ import annotations

import re
import shlex

import pytest
from conftest import ROOT
from test_questions import keynote_qa

from keynote_qa import KeynoteQA

README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("block", re.findall(r"```console\n\$ (.+?)```", README, re.DOTALL))
def test_a_command_prints_what_the_readme_shows(
    block: str, qa: KeynoteQA, index_folder: object
) -> None:
    assert qa.talks
    command, *shown = block.rstrip().split("\n")
    program, *arguments = shlex.split(command)
    assert program == "keynote-qa"
    done = keynote_qa(*arguments, "--index", str(index_folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[: len(shown)] == shown


@pytest.mark.parametrize("block", re.findall(r"```python\n(.+?)```", README, re.DOTALL))
def test_python_code_runs(block: str, qa: KeynoteQA, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeynoteQA, "open", lambda: qa)
    exec(compile(block, "README.md", "exec"), {})


def test_every_module_is_in_the_file_map() -> None:
    named = set(re.findall(r"`(?:src/keynote_qa/)?(\w+)(?:\.py|/)`", README))
    modules = {p.stem for p in (ROOT / "src" / "keynote_qa").iterdir() if p.suffix == ".py"}
    assert modules - {"__init__"} <= named


def test_the_commands_of_the_readme_exist() -> None:
    helped = keynote_qa("--help").stdout
    for command in set(re.findall(r"keynote-qa (\w+)", README)):
        assert re.search(rf"^  {command}\b", helped, re.MULTILINE), command


def test_the_server_of_the_kiosk_guide_can_be_started_as_it_says() -> None:
    guide = (ROOT / "docs" / "kiosk.md").read_text("utf-8").replace("\\\n", " ")
    (started,) = re.findall(r"ExecStart=/opt/\S+/keynote-qa (.+)", guide)
    command, *arguments = shlex.split(started)
    helped = keynote_qa(command, "--help").stdout
    for option in (argument for argument in arguments if argument.startswith("--")):
        assert re.search(rf"^  {option}\b", helped, re.MULTILINE), option

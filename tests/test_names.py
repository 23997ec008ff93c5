"""What is a name, in a talk and in a question, and what only begins with a capital."""

import pytest

from keynote_qa.names import names_in, names_of

NAMES = names_of(
    [
        "Thomson Reuters processes 4,000 requests per second",
        "Amazon Athena is live. The data lake of Hearst",
        "Fuel pumps fail at Fab 4 and at Thomson Reuters",
    ]
)


def test_names_are_what_the_talk_never_writes_small() -> None:
    assert {"thomson reuters", "hearst", "amazon athena"} <= NAMES
    assert "fuel" not in NAMES


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("we run it. Finally, he left", []),
        ("columns for Name, Last run, Status of it", ["name"]),
        ("run by Hearst, Thomson Reuters and us", ["hearst", "thomson reuters"]),
        ("and then I'm on", []),
        ('paid by "Hearst" alone', ["hearst"]),
    ],
)
def test_what_begins_a_sentence_or_an_item_of_a_list_is_none_for_that(
    line: str, names: list[str]
) -> None:
    assert sorted(names_of([line])) == names


def test_names_in_a_question_are_found_however_they_are_typed() -> None:
    assert names_in("does thomson reuters use Oracle?", NAMES) == ["thomson reuters", "Oracle"]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Where can I park my car?", []),
        ("Where does Athena run?", ["Athena"]),
        ("Never heard of Athena. Who are they?", ["Athena"]),
        ("A question. Does Athena run, Hearst too?", ["Athena", "Hearst"]),
        ("Well, I'm new: what is Athena?", ["Athena"]),
        ("Who is the CEO of Athena?", ["CEO", "Athena"]),
        ("How many a day do Athena's 500,000 agents make?", ["Athena's"]),
        ("Does the Fab 4 run?", ["Fab 4"]),
        ("Where is the University of Oslo?", ["University of Oslo"]),
    ],
)
def test_no_word_of_everybody_is_a_name(question: str, names: list[str]) -> None:
    assert names_in(question, frozenset()) == names

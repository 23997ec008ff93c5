"""Follow-ups: what is taken from the earlier questions, and when nothing is."""

import pytest

from keynote_qa.dialogue import leans, stand_alone
from keynote_qa.names import names_of

TALK = [
    "Thomson Reuters processes 4,000 requests per second",
    "Hearst reduced the time to ingest data by 97%",
    "Amazon Athena is live. The data lake of Hearst",
    "Fuel pumps fail at Fab 4 and at Thomson Reuters",
]
NAMES = names_of(TALK)
REUTERS = "How many requests per second does Thomson Reuters process?"


@pytest.mark.parametrize(
    ("question", "history", "understood"),
    [
        ("And Hearst?", [REUTERS], "How many requests per second does Hearst process?"),
        (
            "what about hearst",
            [REUTERS.lower()],
            "how many requests per second does hearst process?",
        ),
        ("And Hearst?", ["Who is the CEO of Amazon Athena?"], "Who is the CEO of Hearst?"),
        ("And the CTO?", ["Who is the CEO of Hearst?"], "Who is the CTO of Hearst?"),
        ("And in 2022?", ["What did it cost in 2012?"], "What did it cost in 2022?"),
        ("And for men?", ["What is the error rate for women?"], "What is the error rate for men?"),
        ("Who runs it?", ["What is Amazon Athena?"], "Who runs Amazon Athena?"),
        ("How thick is its arm?", ["What is the Minnow for?"], "How thick is Minnow's arm?"),
        ("Is that out yet?", ["What is Amazon Athena?"], "Is Amazon Athena out yet?"),
        ("When does that begin?", ["What is Amazon Athena?"], "When does Amazon Athena begin?"),
        ("And /index?", ["What share has /hello?"], "What share has /index?"),
        ("and to /index?", ["What share went to /hello?"], "What share went to /index?"),
        ("and the old model?", [REUTERS], f"Old model: h{REUTERS[1:]}"),
        ("And errors?", [REUTERS], "How many errors does Thomson Reuters process?"),
        (
            "and sales people?",
            ["How many engineers work there?"],
            "How many sales people work there?",
        ),
        ("And the costs?", [REUTERS], f"Costs: h{REUTERS[1:]}"),
        ("And last year?", [REUTERS], f"Last year: h{REUTERS[1:]}"),
    ],
)
def test_a_follow_up_stands_alone(question: str, history: list[str], understood: str) -> None:
    assert stand_alone(question, history, NAMES) == understood


def test_it_is_what_the_last_question_was_about_through_a_chain_of_them() -> None:
    history = [REUTERS, "And Hearst?", "thanks"]
    assert stand_alone("Who runs it?", history, NAMES) == "Who runs Hearst?"


@pytest.mark.parametrize(
    "question",
    [
        "What is AWS Glue?",
        "When does WardKey ship, and what does it cost?",
        "Why does the hospital keep its incidents secret?",
        "What does it cost to build a Lark 4?",
        "Which models are there?",
        "hi there :)",
        "How bad is it when it rains, and why do the drivers stop when they see it?",
    ],
)
def test_a_question_that_stands_alone_takes_nothing(question: str) -> None:
    assert not leans(question, NAMES) or len(question.split()) > 12
    assert stand_alone(question, [REUTERS], NAMES) == question


def test_without_an_earlier_question_nothing_changes() -> None:
    assert stand_alone("And Hearst?", [], NAMES) == "And Hearst?"

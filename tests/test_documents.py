"""Documents: slides of PowerPoint and PDF, running text of Word, PDF and HTML. Made as we test."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from fpdf import FPDF
from pptx import Presentation
from pptx.util import Inches

from keynote_qa import KeynoteQA
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.errors import SourceError
from keynote_qa.passages import to_passages
from keynote_qa.records import BlockKind, Grain, Passage, Talk
from keynote_qa.sources import SUFFIXES, load_talk
from keynote_qa.sources.limits import MAX_PAGES
from keynote_qa.text import normalise

PROSE = (
    "The harbour was dug in 1874 by four hundred men, most of whom came from the villages on the "
    "other side of the bay. They were paid two crowns a day, and a loaf. When the first ship came "
    "in, a coaler from the north, the whole town stood on the mole and nobody went to work. "
)


def presentation() -> bytes:
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Our harbour"
    first.placeholders[1].text = "Dug in 1874\n28 cranes\nOpen all night"
    first.notes_slide.notes_text_frame.text = "Thank the mayor. She paid for the cranes."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Fees"
    rows = [("Berth", "Fee"), ("North", "$300"), ("South", "$450")]
    table = second.shapes.add_table(3, 2, Inches(1), Inches(3), Inches(5), Inches(2)).table
    for r, cells in enumerate(rows):
        for c, cell in enumerate(cells):
            table.cell(r, c).text = cell
    low = second.shapes.add_textbox(Inches(1), Inches(6), Inches(4), Inches(1))
    low.text_frame.text = "Paid on arrival"
    deck.core_properties.title = "The harbour of Vik"
    deck.core_properties.author = "Ada Byron"
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def word() -> bytes:
    document = Document()
    document.add_heading("The harbour", 1)
    document.add_paragraph(PROSE * 2)
    document.add_heading("Its cranes", 2)
    document.add_paragraph(PROSE.replace("harbour", "crane"))
    document.add_paragraph("North crane", style="List Bullet")
    document.add_paragraph("South crane", style="List Bullet")
    table = document.add_table(2, 2)
    for at, text in enumerate(("Crane", "Lifts", "North", "40 tonnes")):
        table.cell(at // 2, at % 2).text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(*, slides: bool) -> bytes:
    document = FPDF(orientation="landscape" if slides else "portrait")
    for number in range(1, 5):
        document.add_page()
        document.set_font("helvetica", size=10)
        document.cell(text=f"Vik Harbour Board - {number}", new_x="LMARGIN", new_y="NEXT")
        document.ln(10)
        if slides:
            document.set_font("helvetica", size=28)
            document.cell(text=f"Crane {number}", new_x="LMARGIN", new_y="NEXT")
            document.set_font("helvetica", size=16)
            document.ln(12)
            document.cell(text=f"Lifts {number}0 tonnes", new_x="LMARGIN", new_y="NEXT")
        else:
            document.multi_cell(0, text=PROSE * 4 + f"That was part {number}.")
    return bytes(document.output())


HTML = f"""<!doctype html><title>The harbour</title><meta name="author" content="Ada Byron">
<script>alert("no")</script><nav>Home</nav><h1>The harbour</h1><p>{PROSE}<b>{PROSE}</b></p>
<h2>Fees</h2><ul><li>North berth</li><li>South &amp; east berth</li></ul>
<table><tr><th>Berth</th><th>Fee</th></tr><tr><td>North</td><td>$300</td></tr></table>
A last word."""


def read(tmp_path: Path, name: str, data: bytes) -> tuple[Talk, list[Passage]]:
    (tmp_path / name).write_bytes(data)
    talk = load_talk(tmp_path / name)
    return talk, to_passages(talk)


def whole(passages: list[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.grain is Grain.SLIDE]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pptx", presentation()), ("a.docx", word()), ("a.html", HTML.encode()),
        ("slides.pdf", pdf(slides=True)), ("prose.pdf", pdf(slides=False)),
    ],
)  # fmt: skip
def test_every_passage_stands_in_its_lines_and_every_block_in_one_slide(
    tmp_path: Path, name: str, data: bytes
) -> None:
    talk, passages = read(tmp_path, name, data)
    for passage in passages:
        lines = talk.lines[passage.start_line - 1 : passage.end_line]
        assert normalise(passage.text) in normalise("\n".join(line.text for line in lines))
    shown = "\n".join(normalise(passage.text) for passage in whole(passages))
    for block in talk.blocks:
        if block.kind is not BlockKind.BREAK and block.kind is not BlockKind.TABLE:
            assert normalise(block.text) in shown


def test_a_presentation_s_slides_are_slides_with_their_titles_and_notes(tmp_path: Path) -> None:
    talk, passages = read(tmp_path, "harbour.pptx", presentation())
    assert (talk.title, talk.speaker) == ("The harbour of Vik", "Ada Byron")
    assert {p.section for p in passages} == {("Slide 1", "Our harbour"), ("Slide 2", "Fees")}
    rows = [line.text for line in talk.lines if line.text]
    assert rows == [
        "Our harbour", "- Dug in 1874", "- 28 cranes", "- Open all night", "Speaker notes:",
        "Thank the mayor. She paid for the cranes.",
        "Fees", "| Berth | Fee |", "| North | $300 |", "| South | $450 |", "Paid on arrival",
    ]  # fmt: skip
    fee = next(p for p in passages if p.text == "| South | $450 |")
    assert fee.columns == ("Berth", "Fee")


def test_a_word_document_is_prose_under_its_headings(tmp_path: Path) -> None:
    talk, passages = read(tmp_path, "harbour.docx", word())
    sections = list(dict.fromkeys(p.section for p in passages))
    assert sections == [("The harbour",), ("The harbour", "Its cranes")]
    assert any(p.text == "| North | 40 tonnes |" for p in passages)
    listed = [p.text for p in passages if p.grain is Grain.GROUP and p.kind is BlockKind.ITEM]
    assert listed == ["North crane\nSouth crane"]
    assert any(block.kind is BlockKind.SPOKEN for block in talk.blocks)


def test_a_page_of_html_is_its_text_alone(tmp_path: Path) -> None:
    talk, passages = read(tmp_path, "harbour.html", HTML.encode())
    rows = [line.text for line in talk.lines if line.text]
    assert (talk.title, talk.speaker) == ("The harbour", "Ada Byron")
    assert rows == [
        "The harbour", (PROSE + PROSE).strip(), "Fees", "- North berth",
        "- South & east berth", "| Berth | Fee |", "| North | $300 |", "A last word.",
    ]  # fmt: skip
    assert [p.section for p in whole(passages)] == [("The harbour",), ("The harbour", "Fees")]


def test_each_page_of_a_deck_as_pdf_is_a_slide(tmp_path: Path) -> None:
    _, passages = read(tmp_path, "cranes.pdf", pdf(slides=True))
    lifts = [p for p in passages if p.text == "Lifts 30 tonnes"]
    assert [p.section[0] for p in lifts] == ["Slide 3"]


def test_a_paper_as_pdf_is_prose_without_what_comes_back_on_every_page(tmp_path: Path) -> None:
    talk, passages = read(tmp_path, "paper.pdf", pdf(slides=False))
    assert not any("Harbour Board" in line.text for line in talk.lines)
    sentences = [p for p in passages if p.grain is Grain.STATEMENT]
    assert any(p.text == "They were paid two crowns a day, and a loaf." for p in sentences)
    assert [p.section[0] for p in sentences if p.text == "That was part 3."] == ["Page 3"]


def test_a_question_about_a_presentation_names_the_slide(
    tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    (tmp_path / "harbour.pptx").write_bytes(presentation())
    qa = KeynoteQA.open(tmp_path / "index", sources=[tmp_path / "harbour.pptx"], embedder=embedder)
    answer = qa.ask("How many cranes does the harbour have?")
    assert "28 cranes" in answer.answer
    assert answer.citations[0].section[0] == "Slide 1"


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("ppt/presentation.xml", b"\0" * 60_000_000)
    return out.getvalue()


def entities() -> bytes:
    """A document whose text is an entity made of entities."""
    out = io.BytesIO()
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 9))
    with zipfile.ZipFile(io.BytesIO(word())) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            data = old.read(member)
            if member == "word/document.xml":
                head, body = data.split(b"?>", 1)
                declared = f'<!DOCTYPE w [<!ENTITY l0 "ha">{laughs}]>'.encode()
                data = head + b"?>" + declared + body.replace(b"North crane", b"&l8;")
            new.writestr(member, data)
    return out.getvalue()


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    try:
        talk, _ = read(tmp_path, "laughs.docx", entities())
    except SourceError:
        return  # refused is as good
    assert "haha" not in "".join(line.text for line in talk.lines)


def pages(count: int) -> bytes:
    """A PDF that claims so many pages, all of them the same one."""
    kids = " ".join(["3 0 R"] * count)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
    ]
    body = "%PDF-1.4\n" + "".join(f"{i} 0 obj\n{o}\nendobj\n" for i, o in enumerate(objects, 1))
    return (body + "trailer << /Root 1 0 R /Size 4 >>\n%%EOF\n").encode()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.pdf", b"", "cannot be read as a PDF"),
        ("lies.pdf", presentation(), "cannot be read as a PDF"),
        ("cut.pdf", pdf(slides=True)[:300], "cannot be read as a PDF|no text"),
        ("blank.pdf", pages(1), "OCR"),
        ("long.pdf", pages(MAX_PAGES + 1), "pages"),
        ("empty.pptx", b"", "is not a PPTX file"),
        ("lies.pptx", word(), "cannot be read as a PPTX file"),
        ("cut.pptx", presentation()[:3000], "is not a PPTX file"),
        ("bomb.pptx", bomb(), "unpacks to more"),
        ("lies.docx", HTML.encode(), "is not a DOCX file"),
        ("locked.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "password"),
        ("empty.html", b"<script>1</script>", "holds no text"),
        ("deep.html", b"<div>" * 50_000 + b"x", "nests|$^"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_reason(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    if name == "deep.html":
        read(tmp_path, name, data)  # deep, but text
        return
    with pytest.raises(SourceError, match=told) as refused:
        load_talk(tmp_path / name)
    assert str(refused.value).startswith(str(tmp_path / name))


def test_every_format_says_what_is_wrong_with_noise(tmp_path: Path) -> None:
    for suffix in sorted(set(SUFFIXES) - {".html", ".htm"}):  # anything is a page of HTML
        path = tmp_path / f"noise{suffix}"
        path.write_bytes(bytes(range(256)) * 40)
        with pytest.raises(SourceError, match=f"noise{suffix}"):
            load_talk(path)

"""QR codes: what a telephone reads from them is the text, whole; what it could not read is told."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp
from conftest import SEED
from fastapi.testclient import TestClient
from page_fixtures import Canned

from keynote_qa import KeynoteQA
from keynote_qa.web.app import create_service
from keynote_qa.web.loading import Backstage
from keynote_qa.web.qr import MAX_BYTES, qr_svg

PATH = "/keynote-qa/qr"
SVG = "{http://www.w3.org/2000/svg}"
ANSWER = "4,000 requests per second\n“Thomson Reuters processes …” — Compute › Massive Scale"


@pytest.fixture
def client() -> TestClient:
    backstage = Backstage(lambda: cast(KeynoteQA, Canned(SEED)))
    return TestClient(create_service(backstage))


def drawn(svg: str, scale: int) -> npt.NDArray[np.uint8]:
    """The image as pixels, `scale` of them a module: rows of strokes, one unit high, on white."""
    root = ET.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    assert root.attrib["viewBox"] == f"0 0 {side} {side}"
    background, strokes = root.findall(f"{SVG}path")
    assert (background.attrib["fill"], strokes.attrib["stroke"]) == ("#fff", "#000")
    assert background.attrib["d"] == f"M0 0h{side}v{side}h-{side}z"
    pixels = np.full((side, side), 255, np.uint8)
    x, y = 0.0, 0.0
    for step, given in re.findall(r"([Mmh])([-\d. ]+)", strokes.attrib["d"]):
        numbers = [float(number) for number in given.split()]
        if step == "M":
            x, y = numbers
        elif step == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            pixels[int(y - 0.5), int(x) : int(x + numbers[0])] = 0
            x += numbers[0]
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "12345",
        "https://talks.example/#p42",
        "Zürich · 東京 · Ελλάδα · 👩🏽‍💻",
        "x" * MAX_BYTES,
        "é" * (MAX_BYTES // 2),
    ],
)
def test_what_is_read_from_it_is_the_text(client: TestClient, text: str) -> None:
    said = client.post(PATH, json={"text": text})
    assert said.headers["content-type"] == "image/svg+xml"
    (code,) = zxingcpp.read_barcodes(drawn(said.text, scale=4))
    assert code.text == text


def test_a_quiet_zone_of_four_modules_is_around_it() -> None:
    pixels = drawn(qr_svg(ANSWER), scale=1)
    rows, columns = np.nonzero(pixels == 0)
    side = len(pixels)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, side - 5, 4, side - 5)


def test_a_long_text_has_modules_as_large_as_can_be(client: TestClient) -> None:
    side = len(drawn(qr_svg("x" * MAX_BYTES), scale=1))
    assert side <= 101 + 8


def test_nothing_of_the_text_is_in_the_image_but_its_modules(client: TestClient) -> None:
    svg = client.post(PATH, json={"text": "<script>alert(1)</script>"}).text
    assert {element.tag for element in ET.fromstring(svg).iter()} == {f"{SVG}svg", f"{SVG}path"}
    assert "alert" not in svg


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"text": "x" * (MAX_BYTES + 1)}, "too long"),
        ({"text": "東" * 301}, "903 bytes"),
        ({"text": ""}, "text"),
        ({"text": 7}, "text"),
        ({}, "text"),
        ({"text": "x", "size": 9}, "size"),
    ],
)
def test_what_cannot_be_a_code_is_told(
    client: TestClient, body: dict[str, object], told: str
) -> None:
    refused = client.post(PATH, json=body)
    assert refused.status_code == 422
    assert told in refused.json()["error"]


def test_only_the_page_may_ask_for_one(client: TestClient) -> None:
    elsewhere = {"Origin": "https://evil.example"}
    assert client.post(PATH, json={"text": "x"}, headers=elsewhere).status_code == 403

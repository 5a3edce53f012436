# Copyright 2026 Contact KPI contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Widths of texts, in em, estimated from font metrics.

They are those of DejaVu Sans, the widest of the fonts that a machine may substitute: an
overestimated row leaves white space, an underestimated one would be cut.
"""

import unicodedata

BOLD = 1.14  # width of bold text, relative to regular
OTHER = 1.0  # width of a character of another script
# By character without its accent, which changes no width.
CHARACTERS = {
    character: width / 100
    for width, characters in {
        28: "'ijl",
        30: "IJ",
        34: " ,./:;\\|",
        36: "f-",
        40: "()[]t!",
        42: "r",
        46: '"',
        50: "*_`",
        54: "sz?c",
        57: "LFk",
        60: "vxyP",
        63: "TYaoeESbdghnpqu",
        65: "$0123456789{}K",
        70: "AVBRXZC",
        75: "UHN",
        79: "DG&OQ",
        84: "w#+<=>^~",
        86: "M",
        97: "%m",
        100: "W@",
    }.items()
    for character in characters
}


def text_width(text: str) -> float:
    """Return the estimated width of a text, rounded up rather than down."""
    plain = unicodedata.normalize("NFD", text)
    return sum(
        CHARACTERS.get(character, OTHER)
        for character in plain
        if not unicodedata.combining(character)
    )


def line_count(text: str, width: float) -> int:
    """Return the lines that a text wraps to, at spaces and within words too long."""
    lines, left = 1, width
    for word in text.split():
        needed = text_width(word)
        if needed > left and left < width:
            lines, left = lines + 1, width
        while needed > width:
            lines, needed = lines + 1, needed - width
        left -= needed + CHARACTERS[" "]
    return lines

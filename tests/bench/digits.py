"""Measure how many mobiles that lost a digit still count as somebody's number.

Runs inside Odoo's process, started by `./setup/bench`: 2,000 random mobiles of the real
area codes of Brazil, the same in every run, each spelled in the usual ways with one of
its digits left out. Some cannot be told: without its 9, a mobile may be a landline or
one as before 2016. Prints JSON.
"""

import json
import random

from figures import configure
from measure import line

MOBILES = 2000
BUDGET = 0.1
AREAS = """
    11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46
    47 48 49 51 53 54 55 61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85
    86 87 88 89 91 92 93 94 95 96 97 98 99
""".split()  # noqa: SIM905
# A letter for each digit: d of the area code, a and b of the number's two halves.
SPELLINGS = (
    "(dd) aaaaa-bbbb",
    "(dd)aaaaabbbb",
    "dd aaaaa-bbbb",
    "dd aaaaabbbb",
    "dd-aaaaa-bbbb",
    "dd a aaaa-bbbb",
    "ddaaaaabbbb",
    "0dd aaaaa-bbbb",
    "+55 dd aaaaa-bbbb",
    "+55 (dd) aaaaa-bbbb",
    "+55ddaaaaabbbb",
)


def mobiles(draw):
    """Return random mobiles with their area codes, as digits."""
    return [
        draw.choice(AREAS) + "9" + "".join(draw.choices("0123456789", k=8))
        for _number in range(MOBILES)
    ]


def spelled(spelling, digits, lost):
    """Return ``digits`` in a spelling, without the one at the place ``lost``."""
    places = iter(range(len(digits)))
    written = (
        (digits[place] if (place := next(places)) != lost else "")
        if char in "dab"
        else char
        for char in spelling
    )
    return "".join(written)


def shares(classify):
    """Yield each spelling with the share that counts as usable, and as mobile."""
    draw = random.Random(2016)
    numbers = [(digits, draw.randrange(len(digits))) for digits in mobiles(draw)]
    for spelling in SPELLINGS:
        phones = [
            classify(spelled(spelling, digits, lost), "BR") for digits, lost in numbers
        ]
        usable = sum(phone.kind.usable for phone in phones)
        mobile = sum(phone.kind == "mobile" for phone in phones)
        yield spelling, usable / MOBILES, mobile / MOBILES


def main():
    configure()
    # Found once Odoo knows its folders of addons.
    from odoo.addons.contact_kpi.tools.contact import classify_phone  # noqa: PLC0415

    found = list(shares(classify_phone))
    lines = [
        line(
            f"usable though a digit is lost: {spelling}",
            ratio=usable,
            of=f"{MOBILES} mobiles, {mobile:.1%} still one",
        )
        for spelling, usable, mobile in found
    ]
    share = sum(usable for _spelling, usable, _mobile in found) / len(found)
    lines.append(
        line(
            "usable though a digit is lost: all spellings",
            of="mobiles that lost one",
            goal={"ratio": BUDGET},
            ratio=share,
        )
    )
    print(json.dumps(lines))


if __name__ == "__main__":
    main()

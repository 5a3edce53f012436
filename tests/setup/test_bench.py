"""The benchmark runs to its end and tells what it has measured; no times here."""

import json

NIGHT = "refresh of all indicators, at night, everything verified"
DIGITS = "usable though a digit is lost: all spellings"
PARTS = ("first fill", "installing", "first page", "trend", "explanation", "follow-up")
FILE = "loading a file of 300 customers: cpu"
PARTNERS = ("create a customer: cpu", "write a contact's phone: queries")


def test_bench_measures_everything(closed, installed):
    small = ("--customers", "300", "--repetitions", "1")
    done = closed.run("bench", *small, "--json", timeout=900)
    assert done.returncode == 0, done.stderr
    assert not closed.wait_until_quiet()
    lines = json.loads(done.stdout)
    measured = [line["measure"] for line in lines]
    assert len(set(measured)) == len(measured)
    assert {NIGHT, DIGITS, FILE, *PARTNERS} <= set(measured)
    for part in PARTS:
        assert any(part in name for name in measured), part
    for line in lines:
        assert set(line) == {"measure", "seconds", "ratio", "of", "budget"}
        assert line["ratio"] is not None, line

"""The faults that `./setup/mutants` puts into the code."""

import ast

import fault
import sql_faults

FILES = sorted(fault.ROOT.glob("contact_kpi*/models/**/*.py"))


def test_a_seed_is_always_the_same_hundred():
    chosen = sql_faults.seeded(FILES, 1, 100)
    assert (
        chosen == sql_faults.seeded(FILES, 1, 100) != sql_faults.seeded(FILES, 2, 100)
    )
    assert len({*chosen}) == 100
    assert len({each.file for each in chosen}) > 20


def test_a_fault_changes_one_text_in_a_file_that_compiles():
    for each in sql_faults.seeded(FILES, 1, 100):
        before, after = (fault.ROOT / each.file).read_text(), each.source()
        assert before != after
        assert fault.between(each.file, before, after) == each
        old, new = (list(ast.walk(ast.parse(text))) for text in (before, after))
        different = [
            (was.value, now.value)
            for was, now in zip(old, new, strict=True)
            if isinstance(was, ast.Constant) and was.value != now.value
        ]
        assert len(different) == 1
    assert fault.load(fault.dump([each])) == [each]


def test_one_kind_of_fault_each():
    assert {*sql_faults.variants("WHERE a <= 1 AND NOT b -- AND\n AND c = %(d)s")} == {
        "WHERE a < 1 AND NOT b -- AND\n AND c = %(d)s",
        "WHERE a <= 1 OR NOT b -- AND\n AND c = %(d)s",
        "WHERE a <= 1 AND b -- AND\n AND c = %(d)s",
        "WHERE a <= 1 AND NOT b -- AND\n OR c = %(d)s",
        "WHERE a <= 1 AND NOT b -- AND\n AND c != %(d)s",
        "WHERE a <= 1 AND NOT b -- AND\n ",
    }


def test_a_reason_stands_before_each_equivalent_fault():
    """Of files that are there; a reason stands before each."""
    reason = ""
    for line in fault.EQUIVALENT.read_text().splitlines():
        if line.startswith("- "):
            assert reason
        elif line.startswith("#"):
            reason = line
        elif line:
            assert (fault.ROOT / line).is_file()
            reason = ""

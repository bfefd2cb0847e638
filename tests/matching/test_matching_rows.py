"""Sets of rows as numbers: what goes in comes out again, whichever way it is gone through."""

from hypothesis import given
from hypothesis import strategies as st

from flagging.matching.found import FAMILY, FAMILY_AS_GIVEN, GIVEN, GIVEN_AS_FAMILY, Found
from flagging.matching.rows import bits_of, few_rows_of, rows_of, union

ROWS = st.sets(st.integers(0, 3000), max_size=60)


@given(ROWS)
def test_a_set_has_the_rows_it_was_made_of(rows):
    assert sorted(rows_of(bits_of(rows))) == sorted(rows)


@given(ROWS)
def test_few_rows_are_told_one_by_one_and_many_are_not(rows):
    few = few_rows_of(bits_of(rows))
    assert few is None if len(rows) > 16 else sorted(few or []) == sorted(rows)


@given(ROWS, ROWS)
def test_the_union_has_the_rows_of_both(one, other):
    assert union(bits_of(one), bits_of(other)) == bits_of(one | other)


@given(ROWS, st.tuples(ROWS, ROWS, ROWS, ROWS))
def test_each_row_is_told_with_the_parts_of_its_name_that_are_alike(rows, bearers):
    found = Found(0, 0, tuple(map(bits_of, bearers)), 0)
    parts = zip((GIVEN, FAMILY, GIVEN_AS_FAMILY, FAMILY_AS_GIVEN), bearers, strict=True)
    alike = dict.fromkeys(rows, 0)
    for part, bearing in parts:
        alike |= {row: alike[row] | part for row in rows & bearing}
    assert dict(found.each_alike(bits_of(rows))) == alike

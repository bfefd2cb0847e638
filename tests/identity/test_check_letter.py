"""The sum behind the check letter, against letters worked out elsewhere."""

import pytest

from flagging.identity.check_letter import check_letter


@pytest.mark.parametrize(
    ("year", "serial", "width", "letter"),
    [
        pytest.param(81, 34, 7, "U", id="PNC 81/34"),
        pytest.param(3, 3, 7, "Y", id="PNC 03/3"),
        pytest.param(67, 9893091, 7, "D", id="PNC 67/9893091"),
        pytest.param(12, 52494, 7, "Q", id="PNC 2012/52494"),
        pytest.param(1, 171310, 7, "W", id="PNC 2001/171310"),
        pytest.param(99, 1234567, 7, "B", id="PNC 1999/1234567"),
        pytest.param(18, 123456, 7, "P", id="PNC 2018/123456"),
        pytest.param(91, 65656, 6, "H", id="CRO 65656/91"),
        pytest.param(88, 1234, 6, "P", id="CRO 1234/88"),
        pytest.param(88, 1234, 5, "H", id="SF CRO padded to five"),
    ],
)
def test_letter_is_the_one_public_systems_give(year, serial, width, letter):
    assert check_letter(year, serial, width) == letter


def test_letter_cannot_tell_centuries_apart():
    assert check_letter(1902, 73319, 7) == check_letter(2002, 73319, 7) == check_letter(2, 73319, 7)


def test_letters_i_o_and_s_are_never_given():
    assert {check_letter(20, serial, 7) for serial in range(1, 24)} == set("ABCDEFGHJKLMNPQRTUVWXYZ")


def test_one_wrong_digit_always_changes_the_letter():
    right = check_letter(2, 73319, 7)
    wrong = [check_letter(2, 73319 + step * 10**place, 7) for place in range(7) for step in range(1, 7)]
    assert right not in wrong

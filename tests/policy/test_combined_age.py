import pytest

from flagging.policy.age import combined_age
from flagging.terms import Age


@pytest.mark.parametrize(
    ("stated", "recorded", "definite", "possible"),
    [
        (Age.ADULT, Age.ADULT, Age.ADULT, Age.ADULT),
        (Age.UNDER_18, Age.UNDER_18, Age.UNDER_18, Age.UNDER_18),
        (Age.ADULT, Age.UNDER_18, Age.DISPUTED, Age.DISPUTED),
        (Age.UNDER_18, Age.ADULT, Age.DISPUTED, Age.DISPUTED),
        (Age.UNKNOWN, Age.ADULT, Age.ADULT, Age.UNKNOWN),
        (Age.UNKNOWN, Age.UNDER_18, Age.UNDER_18, Age.UNKNOWN),
        (Age.ADULT, Age.UNKNOWN, Age.ADULT, Age.ADULT),
        (Age.UNDER_18, None, Age.UNDER_18, Age.UNDER_18),
        (Age.UNKNOWN, None, Age.UNKNOWN, Age.UNKNOWN),
        (Age.UNKNOWN, Age.UNKNOWN, Age.UNKNOWN, Age.UNKNOWN),
    ],
)
def test_different_sides_are_a_dispute_and_only_a_definite_record_fills_a_gap(stated, recorded, definite, possible):
    assert combined_age(stated, recorded) is definite
    assert combined_age(stated, recorded, is_definite=False) is possible

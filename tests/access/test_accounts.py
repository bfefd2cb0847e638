"""Local accounts: a name that nobody has takes as long to turn away as a wrong password."""

from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from flagging.access.access_list import AccessList
from flagging.access.accounts import Accounts
from flagging.terms import Role

PASSWORD = "correct horse battery staple"


def test_what_is_checked_of_a_name_that_nobody_has_is_as_costly_as_the_digest_of_an_account():
    accounts = Accounts()
    known = AccessList().add_account("pat", Role.AUDITOR, PASSWORD, datetime(2026, 3, 2, tzinfo=UTC))
    assert accounts.person(known, "pat", PASSWORD).username == "pat"
    nobodys = accounts._nobodys
    assert extract_parameters(nobodys) == extract_parameters(known.accounts[0].password_digest)
    with pytest.raises(VerifyMismatchError):  # it is computed and compared, not refused for how it is written
        PasswordHasher().verify(nobodys, PASSWORD)


def test_it_is_another_one_in_every_process():
    assert Accounts()._nobodys != Accounts()._nobodys

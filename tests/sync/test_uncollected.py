"""The garbage collector stays out of a sync, and comes back whatever happens."""

import gc

import pytest

from flagging.sync.uncollected import uncollected


@pytest.fixture(autouse=True)
def _enabled():
    gc.enable()
    yield
    gc.enable()


def test_nothing_is_collected_meanwhile_and_everything_afterwards():
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failure_brings_it_back():
    with pytest.raises(RuntimeError), uncollected():
        raise RuntimeError
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off():
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()

"""An edition that was replaced is freed, though no garbage collection ever looks at it."""

import gc

from editions import KEYRING, SAMPLE, build, configuration

from flagging.matching.index import CandidateIndex
from flagging.matching.search import search
from flagging.register import loading
from flagging.register.edition import load_edition
from flagging.register.rehearsal import rehearse
from flagging.sealing import Purpose


def test_an_edition_that_was_let_go_of_is_freed_without_any_collection(monkeypatch):
    monkeypatch.setattr(loading, "SLICE_PAUSE", 0.0)
    model = configuration().matching
    built = build()
    gc.disable()
    before = indexes()
    try:
        edition = load_edition(built.manifest, built.read, KEYRING.seal_for(Purpose.EDITION), lambda: None)
        rehearse(edition, model)
        assert search(SAMPLE.identity, edition.index, model, lambda: False).matches
        assert indexes() == before + 1
        replaced = [edition]
        del edition
        loading.let_go_of(replaced)
        assert indexes() == before, "something it holds refers back to it: every exchange would cost memory for good"
    finally:
        gc.enable()


def indexes():
    """Return how many there are: those of a compiled build take no weak references."""
    return sum(type(each) is CandidateIndex for each in gc.get_objects())

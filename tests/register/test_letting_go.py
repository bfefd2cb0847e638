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


def test_large_containers_are_let_go_of_before_what_they_hold_so_that_no_step_frees_much(monkeypatch):
    monkeypatch.setattr(loading, "SLICE_PAUSE", 0.0)
    monkeypatch.setattr(loading, "LARGE", 2)
    built = build()
    edition = load_edition(built.manifest, built.read, KEYRING.seal_for(Purpose.EDITION), lambda: None)
    parts = []
    containers = loading._gather(edition, parts)
    assert edition in containers
    assert edition.index.records in [each for each in containers if isinstance(each, list)]
    assert len({id(each) for each in containers}) == len(containers), "opened more than once"
    assert not {id(each) for each in containers} & {id(each) for each in parts}
    assert all(any(record is each for each in parts) for record in edition.index.records)

"""An edition that was replaced is freed, though no garbage collection ever looks at it."""

import gc
import weakref

from editions import KEYRING, SAMPLE, build, configuration

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
    try:
        edition = load_edition(built.manifest, built.read, KEYRING.seal_for(Purpose.EDITION), lambda: None)
        rehearse(edition, model)
        assert search(SAMPLE.identity, edition.index, model, lambda: False).matches
        index = weakref.ref(edition.index)
        replaced = [edition]
        del edition
        loading.let_go_of(replaced)
        assert index() is None, "something it holds refers back to it: every exchange would cost memory for good"
    finally:
        gc.enable()

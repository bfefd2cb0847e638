"""A lookup asked of an edition before anybody else may: each canary has to be found by its own identity."""

from itertools import islice

from flagging.errors import EditionUnverified
from flagging.matching.model import Model
from flagging.matching.search import search
from flagging.record import Record
from flagging.register.edition import Edition

MOST_TRIED = 100
"""Of an edition without canaries, how many people are tried before it counts as one in which nobody is found."""


def rehearse(edition: Edition, model: Model) -> None:
    """Raise EditionUnverified unless a search with this model finds every canary.

    Where nobody is fit for a canary, as when no whole date of birth is known, somebody else has to be found by what is
    known of them: an edition in which nobody is found could do nothing but say no. One of nobody says nothing at all.
    It also makes what the model works out once for an edition, so that no caller waits for that. It is no lookup of
    anybody's: nothing of it is disclosed, and nothing recorded.
    """
    number, records = edition.manifest.number, edition.index.records
    canaries = frozenset(edition.manifest.canaries)
    if not all(_is_found(record, edition, model) for record in records if record.ppo_ref in canaries):
        raise EditionUnverified(f"edition {number}: a canary lookup does not find its own record")
    if canaries or not records:
        return
    spread = islice(records, None, None, 1 + len(records) // MOST_TRIED)
    if not any(_is_found(record, edition, model) for record in spread):
        raise EditionUnverified(f"edition {number}: nobody is found by what is known of them")


def _is_found(record: Record, edition: Edition, model: Model) -> bool:
    """Tell whether a record's own identity leads to it, or to more people than can be told, which is no no either."""
    found = search(record.identity, edition.index, model, lambda: False)
    return found.truncated or any(match.record.ppo_ref == record.ppo_ref for match in found.matches)

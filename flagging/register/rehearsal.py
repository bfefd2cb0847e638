"""A lookup asked of an edition before anybody else may: each canary has to be found by its own identity."""

from flagging.errors import EditionUnverified
from flagging.matching.model import Model
from flagging.matching.search import search
from flagging.register.edition import Edition


def rehearse(edition: Edition, model: Model) -> None:
    """Raise EditionUnverified unless a search with this model finds every canary.

    It also makes what the model works out once for an edition, so that no caller waits for that.
    """
    canaries = frozenset(edition.manifest.canaries)
    for record in edition.index.records:
        if record.ppo_ref not in canaries:
            continue
        found = search(record.identity, edition.index, model, lambda: False)
        if not found.truncated and all(match.record.ppo_ref != record.ppo_ref for match in found.matches):
            number = edition.manifest.number
            raise EditionUnverified(f"edition {number}: a canary lookup does not find its own record")

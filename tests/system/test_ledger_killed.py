"""Whatever is killed outright under load: every answered lookup is in the ledger once, and the chain verifies."""

from killing import ask_and_kill


def test_every_answered_lookup_is_in_the_ledger_once_whatever_was_killed(installation):
    reckoning = ask_and_kill(installation, lookups=600)
    assert len(reckoning.answered) > 200, reckoning
    assert reckoning.kills.keys() == {"server process", "worker", "Redis"}
    assert reckoning.faults(installation) == []
    assert set(reckoning.statuses) <= {200, 429, 503}

"""Whom providers may vouch for: an exact list, each fault of it named."""

import pytest

from flagging.configuration.providers import load_providers
from flagging.errors import ConfigurationInvalid
from flagging.terms import Role

GOOD = """
[[systems]]
issuer = "https://login.example/a"
client = "custody"
scopes = { "flagging.custody" = "custody" }

[[people]]
issuer = "https://login.example/b"
claim = "groups"
roles = { "PPO prison" = "prison" }
"""
FAULTS = [
    ('"https://login.example/a"', '"http://login.example/a"', "systems.0.issuer", "https://"),
    ('"https://login.example/b"', '"login"', "people.0.issuer", "https://"),
    ('= "custody" }', '= "chief" }', "systems.0.scopes.flagging.custody.value", "Must be one of"),
    ('{ "flagging.custody" = "custody" }', "{}", "systems.0.scopes", "Must name one"),
    ('client = "custody"\n', "", "systems.0.client", "Missing"),
    ('claim = "groups"', 'claim = "groups"\nrole = "prison"', "people.0.role", "Unknown field"),
    ("[[people]]", '[[systems]]\nissuer = "https://login.example/a"\nclient = "custody"\nscopes = { x = "prison" }\n\n[[people]]', "systems", "named twice"),
    ("[[people]]", '[[people]]\nissuer = "https://login.example/b"\nclaim = "x"\nroles = { x = "prison" }\n\n[[people]]', "people", "named twice"),
]  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load(text):
        (tmp_path / "providers.toml").write_text(text)
        return load_providers(tmp_path / "providers.toml")

    return load


def test_what_stands_in_the_file_counts_exactly(load):
    policy = load(GOOD)
    assert policy.issuers == {"https://login.example/a", "https://login.example/b"}
    assert policy.system("https://login.example/a", "custody").scopes == {"flagging.custody": Role.CUSTODY}
    assert policy.people_of("https://login.example/b").username == "preferred_username"
    for issuer, client in (("https://login.example/a", "Custody"), ("https://login.example/b", "custody"), ("", "")):
        assert policy.system(issuer, client) is None
    assert policy.people_of("https://login.example/a") is None


def test_the_shipped_file_lets_nobody_in(shipped):
    policy = load_providers(shipped / "providers.toml")
    assert (policy.systems, policy.people) == ((), ())


@pytest.mark.parametrize(("old", "new", "where", "reason"), FAULTS, ids=[fault[2] for fault in FAULTS])
def test_each_fault_is_named(old, new, where, reason, load):
    assert old in GOOD
    with pytest.raises(ConfigurationInvalid) as caught:
        load(GOOD.replace(old, new, 1))
    assert [fault.where for fault in caught.value.faults] == [f"providers.toml: {where}"]
    assert reason in caught.value.faults[0].reason

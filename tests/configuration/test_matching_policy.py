import re
from pathlib import Path

import pytest

from flagging.configuration.matching import load_matching
from flagging.errors import ConfigurationInvalid
from flagging.matching.model import FAMILY_LEVELS, GIVEN_LEVELS, DateLevel, IdentifierAgreement, NameLevel
from flagging.matching.tokens import Side, keys_of

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def policy(tmp_path):
    """Load the shipped policy after replacing one text in it."""
    (tmp_path / "name_shares.csv").write_text("part,word,share\ngiven,john,0.03\nfamily,smith,0.012\n")

    def load(old="", new=""):
        text = (SHIPPED / "matching.toml").read_text()
        assert not old or re.search(old, text, re.MULTILINE)
        (tmp_path / "matching.toml").write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE) if old else text)
        return load_matching(tmp_path / "matching.toml")

    return load


def faults(policy, old, new):
    with pytest.raises(ConfigurationInvalid) as raised:
        policy(old, new)
    return [fault.where for fault in raised.value.faults]


def test_the_shipped_policy_weighs_every_level():
    model = load_matching(SHIPPED / "matching.toml")
    assert set(model.given_name) == set(GIVEN_LEVELS)
    assert set(model.family_name) == set(FAMILY_LEVELS)
    assert set(model.date_of_birth) == set(DateLevel)
    assert set(model.identifier_bits) == set(IdentifierAgreement)


def test_the_shipped_table_knows_a_common_name():
    names = load_matching(SHIPPED / "matching.toml").rarity.names
    assert names.share(keys_of("smith", Side.FAMILY).word) > 0.01
    assert names.share(keys_of("szczepanski", Side.FAMILY).word) == 0
    assert names.share_alike(keys_of("smyth", Side.FAMILY).deletions, 0) > 0.01


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (r"^exact = \{ m = 0.90 \}$", "", "matching.toml: given_name.exact"),
        (r"^exact = \{ m = 0.90 \}$", "exact = { m = 0.90 }\nexakt = { m = 0.1 }", "matching.toml: given_name.exakt"),
        (r"exact = \{ m = 0.90", "exact = { m = 1.2", "matching.toml: given_name.exact.m"),
        (r"^definite = .*$", "definite = 0", "matching.toml: decision.definite"),
        (r"^possible = .*$", "possible = 0.99", "matching.toml: decision.possible"),
        (r"^near = \{ m = 0.005, u = 0.0007 \}$", "near = { m = 0.005 }", "matching.toml: given_name.near"),
        (r"^swapped = .*$", "swapped = { m = 0.01 }", "matching.toml: date_of_birth.swapped"),
        (r"^most_told = .*$", "most_told = 0", "matching.toml: decision.most_told"),
        (r"^name_table = .*$", 'name_table = "../secret.csv"', "matching.toml: rarity.name_table"),
        (r"^name_table = .*$", 'name_table = "missing.csv"', "missing.csv"),
    ],
)
def test_a_fault_is_named(policy, old, new, where):
    assert where in faults(policy, old, new)


def test_the_policy_is_read(policy):
    model = policy(r"exact = \{ m = 0.90", "exact = { m = 0.75")
    assert model.given_name[NameLevel.EXACT].m == 0.75
    assert model.rarity.names.share(keys_of("john", Side.GIVEN).word) == 0.03


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("part,word\n", "name_shares.csv"),
        ("", "name_shares.csv"),
        ("part,word,share\nmiddle,john,0.03\n", "name_shares.csv: line 2"),
        ("part,word,share\ngiven,john,0.03\ngiven,paul,often\n", "name_shares.csv: line 3"),
        ("part,word,share\ngiven,john,3\n", "name_shares.csv: line 2"),
        ("part,word,share\ngiven,john,nan\n", "name_shares.csv: line 2"),
        ("part,word,share\ngiven,,0.03\n", "name_shares.csv: line 2"),
    ],
)
def test_a_fault_in_the_table_of_names_is_named(policy, tmp_path, table, where):
    (tmp_path / "name_shares.csv").write_text(table)
    assert faults(policy, "", "") == [where]

"""Another version or another key: the register is published anew, or left alone."""

import pytest
from editions import OTHER_KEYRING, ROTATED_KEYRING, content_of
from listed import assert_intact

from flagging.errors import EditionUnverified, KeyUnknown
from flagging.matching.derived import MATCHING_VERSION
from flagging.register.store import POINTER
from flagging.sync.report import Result


def test_another_matching_version_publishes_the_register_anew(worn, monkeypatch):
    worn.restart()
    for module in ("flagging.sync.synchronise", "flagging.sync.publish", "flagging.register.edition"):
        monkeypatch.setattr(f"{module}.MATCHING_VERSION", MATCHING_VERSION + 1)
    assert worn.sync().result is Result.PUBLISHED
    assert worn.manifest().matching_version == MATCHING_VERSION + 1
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


def test_a_new_key_publishes_the_register_anew(worn):
    worn.restart(ROTATED_KEYRING)
    assert worn.sync().result is Result.PUBLISHED
    assert worn.manifest().key_id == "k-new"
    assert_intact(worn)
    worn.restart(OTHER_KEYRING)
    assert_intact(worn)
    assert worn.sync().result is Result.UNCHANGED


def test_a_worker_with_the_wrong_key_file_changes_nothing(site):
    before = content_of(site.client)
    site.restart(OTHER_KEYRING)
    with pytest.raises(KeyUnknown):
        site.sync()
    assert content_of(site.client) == before


def test_a_worker_of_another_version_changes_nothing(site):
    site.store.documents.write(POINTER, {"edition": 1, "generation": 2, "because": "published"})
    before = content_of(site.client)
    with pytest.raises(EditionUnverified, match="is another one at work"):
        site.sync()
    assert content_of(site.client) == before

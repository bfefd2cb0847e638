"""The note of the last sync and the kept reports, as they stand in Redis."""

import pytest
from editions import KEYRING, OTHER_KEYRING, ROTATED_KEYRING, content_of, flip

from flagging.errors import PublishConflict
from flagging.register.store import EditionStore
from flagging.register.sync_log import LAST_SYNC, REPORTS, Told


def one_more(**report):
    return lambda reports: [report, *reports]


def test_reports_come_newest_first(store):
    for number in range(3):
        store.tell(Told({"result": "published"}, one_more(id=number)), None)
    assert [report["id"] for report in store.log.reports()] == [2, 1, 0]


def test_what_is_not_told_is_left_alone(store):
    store.tell(Told({"result": "refused"}, one_more(id=1)), None)
    store.tell(Told({"result": "unchanged"}), None)
    assert (store.look().last_sync, len(store.log.reports())) == ({"result": "unchanged"}, 1)
    store.tell(Told(revise=one_more(id=2)), None)
    assert (store.look().last_sync, len(store.log.reports())) == ({"result": "unchanged"}, 2)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda client: client.set(REPORTS, b"rubbish"), id="rubbish"),
        pytest.param(lambda client: client.set(REPORTS, flip(client.get(REPORTS), -1)), id="altered"),
        pytest.param(lambda client: (client.delete(REPORTS), client.rpush(REPORTS, "1")), id="a-list"),
        pytest.param(lambda client: client.set(REPORTS, client.get(LAST_SYNC)), id="another-document"),
        pytest.param(lambda client: EditionStore(client, OTHER_KEYRING).documents.write(REPORTS, {}), id="other-key"),
    ],
)
def test_reports_that_do_not_open_are_none_and_are_written_anew(store, spoil):
    store.tell(Told({}, one_more(id=1)), None)
    spoil(store.client)
    assert store.log.reports() == []
    store.tell(Told(revise=one_more(id=2)), None)
    assert store.log.reports() == [{"id": 2}]


def test_reports_are_sealed_and_read_after_a_rotation_of_keys(store):
    store.tell(Told({}, one_more(added=["T-1"])), None)
    assert b"T-1" not in store.client.get(REPORTS)
    assert EditionStore(store.client, ROTATED_KEYRING).log.reports() == [{"added": ["T-1"]}]


def test_of_two_who_tell_at_once_one_is_turned_away_and_no_report_is_lost(store):
    other = EditionStore(store.client, KEYRING)

    def slowly(reports):
        other.tell(Told(revise=one_more(id="other")), None)
        return [{"id": "mine"}, *reports]

    with pytest.raises(PublishConflict):
        store.tell(Told({"result": "refused"}, slowly), None)
    assert store.log.reports() == [{"id": "other"}]
    assert store.look().last_sync is None


def test_an_error_while_reports_are_revised_leaves_everything(store):
    store.tell(Told({}, one_more(id=1)), None)
    before = content_of(store.client)

    def fail(_reports):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.tell(Told({"result": "refused"}, fail), None)
    assert content_of(store.client) == before

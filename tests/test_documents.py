"""Small sealed documents in Redis."""

import orjson
import pytest
from editions import KEYRING, OTHER_KEYRING, ROTATED_KEYRING, fake_redis, flip
from fakeredis import FakeRedis, FakeServer
from hypothesis import given
from hypothesis import strategies as st

from flagging.documents import SealedDocuments
from flagging.errors import KeyUnknown, SealBroken, StoreUnreachable
from flagging.redis_connection import connect
from flagging.sealing import Purpose

KEY = "flagging:current"
DOCUMENTS = SealedDocuments(fake_redis(), KEYRING)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@pytest.fixture
def client():
    return fake_redis()


@given(document=st.dictionaries(st.text().filter(lambda name: name != "format"), VALUES, max_size=4))
def test_a_document_survives_sealing(document):
    assert DOCUMENTS.opened(KEY, DOCUMENTS.sealed(KEY, document)) == document


def test_what_is_written_is_read_and_nothing_is_read_where_nothing_stands(client):
    documents = SealedDocuments(client, KEYRING)
    assert documents.read(KEY) is None
    documents.write(KEY, {"edition": 42})
    assert documents.read(KEY) == {"edition": 42}
    assert b"edition" not in client.get(KEY)


def test_a_document_put_in_anothers_place_does_not_open(client):
    documents = SealedDocuments(client, KEYRING)
    documents.write(KEY, {"edition": 42})
    client.set("flagging:checked", client.get(KEY))
    with pytest.raises(SealBroken):
        documents.read("flagging:checked")


def test_an_altered_document_does_not_open(client):
    documents = SealedDocuments(client, KEYRING)
    documents.write(KEY, {"edition": 42})
    client.set(KEY, flip(client.get(KEY), -1))
    with pytest.raises(SealBroken):
        documents.read(KEY)


def test_a_document_of_another_key_is_told_from_an_altered_one(client):
    SealedDocuments(client, OTHER_KEYRING).write(KEY, {"edition": 42})
    with pytest.raises(KeyUnknown):
        SealedDocuments(client, KEYRING).read(KEY)
    assert SealedDocuments(client, ROTATED_KEYRING).read(KEY) == {"edition": 42}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"42", b"null", b"\xff"])
def test_something_sealed_that_is_no_document_is_refused(content):
    sealed = KEYRING.seal_for(Purpose.DOCUMENT).seal(content, KEY)
    with pytest.raises(SealBroken, match="not a document"):
        DOCUMENTS.opened(KEY, sealed)


def test_part_of_an_edition_never_passes_for_a_document():
    sealed = KEYRING.seal_for(Purpose.EDITION).seal(orjson.dumps({"edition": 42}), KEY)
    with pytest.raises(SealBroken):
        DOCUMENTS.opened(KEY, sealed)


def test_a_redis_out_of_reach_is_told_without_its_address(free_port):
    documents = SealedDocuments(connect(f"redis://worker:hunter2@127.0.0.1:{free_port}/0"), KEYRING)
    for attempt in (lambda: documents.read(KEY), lambda: documents.write(KEY, {})):
        with pytest.raises(StoreUnreachable) as raised:
            attempt()
        assert str(raised.value) == "Redis: ConnectionError"
        assert raised.value.__cause__ is None


def test_something_that_is_not_text_at_the_key_is_a_redis_that_is_not_as_it_should_be(client):
    client.rpush(KEY, "1")
    with pytest.raises(StoreUnreachable):
        SealedDocuments(client, KEYRING).read(KEY)


def test_a_client_that_decodes_is_a_mistake_of_the_programmer():
    client = FakeRedis(server=FakeServer(), decode_responses=True)
    client.set(KEY, "text")
    with pytest.raises(TypeError):
        SealedDocuments(client, KEYRING).read(KEY)

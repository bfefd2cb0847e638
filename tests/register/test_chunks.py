"""Chunks: what stands in Redis is opened only if it is exactly what the manifest names."""

import zlib
from dataclasses import replace

import msgpack
import pytest
from editions import KEYRING, OTHER_KEYRING, PEOPLE, ROTATED_KEYRING, SAMPLE, build, flip, person
from hypothesis import given
from hypothesis import strategies as st

from flagging.errors import EditionUnverified
from flagging.matching.derived import derive, pack_derived
from flagging.register import chunks as chunks_module
from flagging.register.chunks import (
    RECORDS_PER_CHUNK,
    chunk_key,
    manifest_key,
    open_chunk,
    pack_row,
    pack_rows,
    report_key,
    unpack_row,
    unpack_row_record,
)
from flagging.register.manifest import digest
from flagging.register.wire import pack_record
from flagging.sealing import Purpose

SEAL = KEYRING.seal_for(Purpose.EDITION)


@pytest.fixture(scope="module")
def built():
    """An edition of four people in two chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module, "RECORDS_PER_CHUNK", 2)
        return build()


def renamed(built, position, chunk):
    """The same manifest, naming another chunk: what nobody without the key could write, so that the seal is asked."""
    digests = list(built.manifest.chunk_digests)
    digests[position] = digest(chunk)
    return replace(built.manifest, chunk_digests=tuple(digests))


def test_the_keys_are_those_of_the_contract():
    assert manifest_key(42) == "flagging:edition:42"
    assert chunk_key(42, 7) == "flagging:edition:42:chunk:7"
    assert report_key(42) == "flagging:edition:42:report"


@pytest.mark.parametrize("number", [0, 1, 250, 251, 600])
def test_all_records_come_out_of_their_chunks_in_order(number):
    records = [person(f"T-{each}", "sampleton") for each in range(number)]
    built = build(records)
    rows = [row for at, chunk in enumerate(built.chunks) for row in open_chunk(chunk, built.manifest, at, SEAL)]
    assert [unpack_row(row) for row in rows] == [(record, derive(record.identity)) for record in records]
    assert len(built.chunks) == -(-number // RECORDS_PER_CHUNK)


def test_what_matching_derives_travels_with_the_record(built):
    first, _ = open_chunk(built.chunks[0], built.manifest, 0, SEAL)
    assert unpack_row(first) == (SAMPLE, derive(SAMPLE.identity))
    assert unpack_row_record(first) == SAMPLE


def test_the_digest_of_the_content_is_of_the_records_and_their_order():
    rows = [pack_row(record) for record in PEOPLE]
    assert pack_rows(rows).content_digest == pack_rows(iter(rows)).content_digest
    assert pack_rows(rows).content_digest != pack_rows(rows[::-1]).content_digest
    assert pack_rows(rows).content_digest != pack_rows(rows[:-1]).content_digest


@given(position=st.integers(0, 1 << 12), bit=st.integers(0, 7), at=st.integers(0, 1))
def test_a_chunk_with_any_bit_changed_is_refused_by_digest_and_by_seal(built, position, bit, at):
    altered = flip(built.chunks[at], position, bit)
    for manifest in (built.manifest, renamed(built, at, altered)):
        with pytest.raises(EditionUnverified):
            open_chunk(altered, manifest, at, SEAL)


@given(length=st.integers(0, 1 << 12), at=st.integers(0, 1))
def test_a_chunk_cut_short_anywhere_is_refused_by_digest_and_by_seal(built, length, at):
    cut = built.chunks[at][: length % len(built.chunks[at])]
    for manifest in (built.manifest, renamed(built, at, cut)):
        with pytest.raises(EditionUnverified):
            open_chunk(cut, manifest, at, SEAL)


def test_a_missing_chunk_is_refused(built):
    with pytest.raises(EditionUnverified, match="flagging:edition:7:chunk:1: missing"):
        open_chunk(None, built.manifest, 1, SEAL)


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(lambda built: built.chunks[1], id="its-neighbour"),
        pytest.param(lambda _: build(number=6).chunks[0], id="of-another-edition"),
        pytest.param(lambda _: build(keyring=OTHER_KEYRING).chunks[0], id="of-another-key"),
        pytest.param(lambda built: built.chunks[0] + b"\0", id="with-something-added"),
    ],
)
def test_a_chunk_from_elsewhere_is_refused_by_digest_and_by_seal(built, foreign):
    chunk = foreign(built)
    for manifest in (built.manifest, renamed(built, 0, chunk)):
        with pytest.raises(EditionUnverified):
            open_chunk(chunk, manifest, 0, SEAL)


def test_a_sound_chunk_of_the_same_place_and_key_is_refused_if_it_is_not_the_one_named(built):
    for other in (build().chunks[0], build(PEOPLE[:2]).chunks[0]):
        with pytest.raises(EditionUnverified, match="not the chunk the manifest names"):
            open_chunk(other, built.manifest, 0, SEAL)


def test_after_a_rotation_chunks_of_the_old_key_still_open(built):
    assert len(open_chunk(built.chunks[0], built.manifest, 0, ROTATED_KEYRING.seal_for(Purpose.EDITION))) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"neither",
        zlib.compress(b""),
        zlib.compress(b"\xc1"),
        zlib.compress(msgpack.packb([b"row"]))[:-3],
        zlib.compress(msgpack.packb([b"row"]) + b"more"),
        zlib.compress(msgpack.packb({"row": 1})),
        zlib.compress(msgpack.packb(None)),
        zlib.compress(msgpack.packb([b"row", "text"])),
    ],
)
def test_something_sealed_that_is_no_chunk_is_refused(built, content):
    sealed = SEAL.seal(content, chunk_key(7, 0))
    with pytest.raises(EditionUnverified, match="not a chunk of this format"):
        open_chunk(sealed, renamed(built, 0, sealed), 0, SEAL)


PACKED, DERIVED = pack_record(SAMPLE), pack_derived(derive(SAMPLE.identity))


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"\xc1",
        msgpack.packb(None),
        msgpack.packb([]),
        msgpack.packb([PACKED, DERIVED])[:-1],
        msgpack.packb([PACKED[:-1], DERIVED]),
        msgpack.packb([[*PACKED, 0], DERIVED]),
        msgpack.packb([["T-1", "unheard of", *PACKED[2:]], DERIVED]),
        msgpack.packb([[*PACKED[:2], [[], [["unheard of", "", [], None]], None], *PACKED[3:]], DERIVED]),
        msgpack.packb([[*PACKED[:12], "2026-02-30", *PACKED[13:]], DERIVED]),
        msgpack.packb([[*PACKED[:5], 7, *PACKED[6:]], DERIVED]),
    ],
)
def test_a_row_that_this_version_cannot_read_is_refused(row):
    for unpack in (unpack_row, unpack_row_record):
        with pytest.raises(EditionUnverified, match="not in this version's form"):
            unpack(row)


@pytest.mark.parametrize("derived", [None, [], [1, 2, 3], "text"], ids=repr)
def test_a_record_can_be_read_whatever_another_version_of_matching_made_of_it(derived):
    row = msgpack.packb([PACKED, derived])
    assert unpack_row_record(row) == SAMPLE
    with pytest.raises(EditionUnverified):
        unpack_row(row)


def test_a_row_of_more_than_a_record_and_its_keys_is_refused():
    with pytest.raises(EditionUnverified):
        unpack_row(msgpack.packb([PACKED, DERIVED, []]))

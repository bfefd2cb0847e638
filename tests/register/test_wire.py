"""Records as they travel inside a chunk."""

from dataclasses import replace
from datetime import date

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.identity.person import BirthDate, Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.matching.derived import derive, pack_derived, unpack_derived
from flagging.record import Manager, Record
from flagging.register.manifest import FORMAT
from flagging.register.wire import pack_record, unpack_record
from flagging.terms import Agency, Need, Scheme, Sex, Stage, Status

TEXT = st.text(max_size=12)
WORDS = st.lists(st.text("abcdeéßłż'", min_size=1, max_size=8), max_size=3).map(tuple)
DAYS = st.none() | st.dates()
BORN = st.builds(BirthDate, st.integers(1900, 2020), st.none(), st.none(), st.integers(0, 5)) | st.dates(
    date(1900, 1, 1), date(2020, 1, 1)
).map(lambda day: BirthDate(day.year, day.month, day.day))
NAMES = st.builds(PersonName, WORDS, WORDS).filter(lambda name: name.given or name.family)
IDENTITIES = st.builds(
    Identity,
    st.lists(st.builds(Persona, st.none() | NAMES, st.none() | BORN), max_size=3).map(tuple),
    st.lists(
        st.builds(
            Identifier,
            st.sampled_from(IdentifierKind),
            TEXT,
            st.lists(TEXT, min_size=1, max_size=2).map(tuple),
            st.none() | st.booleans(),
            st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    st.none() | TEXT,
)
MANAGERS = st.builds(Manager, st.sampled_from(Agency), st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)
RECORDS = st.builds(
    Record,
    ppo_ref=TEXT,
    status=st.sampled_from(Status),
    identity=IDENTITIES,
    sex=st.sampled_from(Sex),
    scheme=st.sampled_from(Scheme),
    home_ocu=st.none() | TEXT,
    offending_ocu=st.none() | TEXT,
    stage=st.none() | st.sampled_from(Stage),
    statutory=st.none() | st.booleans(),
    managers=st.lists(MANAGERS, max_size=2).map(tuple),
    drug_treatment_need=st.sampled_from(Need),
    drug_treatment_provider=st.none() | TEXT,
    added_on=DAYS,
    review_on=DAYS,
    removed_on=DAYS,
    updated_at=st.none() | TEXT,
    missing_since=DAYS,
)
FULL = Record(
    ppo_ref="T-1",
    status=Status.FORMER,
    identity=Identity(
        (Persona(PersonName(("alex", "jo"), ("sample",)), BirthDate(1983, 2, 1)), Persona(None, BirthDate(1980, 1))),
        (Identifier(IdentifierKind.PNC_ID, "2001/0171310W", ("pnc_id:010171310W",), verified=True),),
        "B1 1AA",
    ),
    sex=Sex.FEMALE,
    scheme=Scheme.POPP,
    home_ocu="F1",
    offending_ocu="D2",
    stage=Stage.SUPERVISED,
    statutory=True,
    managers=(Manager(Agency.POLICE, "Pat Example", "0121 496 0701", None),),
    drug_treatment_need=Need.YES,
    drug_treatment_provider="Lantern House",
    added_on=date(2024, 1, 2),
    review_on=date(2026, 3, 4),
    removed_on=date(2026, 2, 3),
    updated_at="2026-02-03T04:05:06Z",
    missing_since=date(2026, 1, 1),
)


@given(record=RECORDS)
def test_a_record_survives_packing_and_unpacking(record):
    travelled = msgpack.unpackb(msgpack.packb(pack_record(record)))
    unpacked = unpack_record(travelled)
    assert unpacked == record
    # No part of equality, as both readings of a text are there either way.
    assert [each.is_one_of_two for each in unpacked.identity.identifiers] == [
        each.is_one_of_two for each in record.identity.identifiers
    ]


def test_which_identifiers_are_one_of_two_readings_stands_at_the_end_where_versions_before_read_past_it():
    certain = pack_record(FULL)
    held = replace(FULL.identity.identifiers[0], is_one_of_two=True)
    record = replace(FULL, identity=FULL.identity._replace(identifiers=(held,)))
    assert pack_record(record) == [*certain, [0]]
    assert [each.is_one_of_two for each in unpack_record(certain).identity.identifiers] == [False]


@given(identity=IDENTITIES)
def test_what_matching_derives_survives_with_it(identity):
    derived = derive(identity)
    assert unpack_derived(msgpack.unpackb(msgpack.packb(pack_derived(derived)))) == derived


def test_the_terms_of_an_unpacked_record_are_terms_and_not_texts_like_them():
    travelled = unpack_record(msgpack.unpackb(msgpack.packb(pack_record(FULL))))
    terms = (travelled.status, travelled.sex, travelled.scheme, travelled.stage, travelled.drug_treatment_need)
    assert [type(term) for term in terms] == [Status, Sex, Scheme, Stage, Need]
    assert travelled.managers[0].agency is Agency.POLICE
    assert travelled.identity.identifiers[0].kind is IdentifierKind.PNC_ID


def test_the_layout_is_that_of_format_2():
    """Whoever changes this layout changes `manifest.FORMAT`, or editions of the other version are misread; but for what
    is added at the end, which versions before read past.
    """
    assert FORMAT == 2
    assert msgpack.unpackb(msgpack.packb(pack_record(FULL))) == [
        "T-1",
        "former",
        [
            [[[["alex", "jo"], ["sample"]], [1983, 2, 1, 0]], [None, [1980, 1, None, 0]]],
            [["pnc_id", "2001/0171310W", ["pnc_id:010171310W"], True]],
            "B1 1AA",
        ],
        "female",
        "POPP",
        "F1",
        "D2",
        "supervised",
        True,
        [["police", "Pat Example", "0121 496 0701", None]],
        "yes",
        "Lantern House",
        "2024-01-02",
        "2026-03-04",
        "2026-02-03",
        "2026-02-03T04:05:06Z",
        "2026-01-01",
    ]


@pytest.mark.parametrize("position", [1, 3, 4, 7, 10], ids=["status", "sex", "scheme", "stage", "need"])
def test_a_term_that_this_version_does_not_know_is_no_record(position):
    row = pack_record(FULL)
    row[position] = "unheard of"
    with pytest.raises(ValueError, match="unheard of"):
        unpack_record(row)

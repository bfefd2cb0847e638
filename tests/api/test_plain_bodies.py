"""What is compiled from the schemas reads a body just as they do, or leaves it to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from flagging.api.lookup_reader import plain_reader
from flagging.api.lookup_schemas import AliasSchema, LookupSchema, PersonSchema
from flagging.api.plain_bodies import Odd, PlainReader
from flagging.terms import DrugTest, Need, Setting

SCHEMA = LookupSchema()
read_plain = plain_reader(SCHEMA)

NULL = st.none()
ODDITIES = st.one_of(
    NULL, st.booleans(), st.integers(-5, 130), st.floats(), st.just([]), st.just({}), st.just("x" * 150)
)
TEXT = st.one_of(NULL, st.text(max_size=12))
BORN = st.one_of(NULL, st.sampled_from(["", "1983-02-01"]))


def words(kind):
    return st.sampled_from([word.value for word in kind])


def objects(required, optional):
    """Objects of a schema: mostly as they should be, some with a value that no schema takes, or a field too many."""

    def spoil(body, name, oddity):
        return body | {name: oddity}

    plain = st.fixed_dictionaries(required, optional=optional)
    names = st.sampled_from([*required, *optional, "unheard_of"])
    return st.one_of(plain, plain, st.builds(spoil, plain, names, ODDITIES))


ALIASES = objects({}, {"family_name": TEXT, "given_names": TEXT, "date_of_birth": BORN})
PEOPLE = objects(
    {},
    {name: TEXT for name in PersonSchema().fields if name not in {"date_of_birth", "approximate_age", "aliases"}}
    | {
        "date_of_birth": BORN,
        "approximate_age": st.one_of(NULL, st.integers(8, 122)),
        "aliases": st.one_of(NULL, st.lists(ALIASES, max_size=12)),
    },
)
BODIES = objects(
    {"setting": words(Setting), "purpose": st.text(max_size=3), "person": PEOPLE},
    {
        "operator": TEXT,
        "client_reference": TEXT,
        "ocu": TEXT,
        "prison": TEXT,
        "trigger_offence": st.one_of(NULL, st.booleans()),
        "drug_test": st.one_of(NULL, words(DrugTest)),
        "assessed_need": st.one_of(NULL, words(Need)),
    },
)


@given(BODIES)
def test_a_body_read_here_is_read_as_the_schema_reads_it(body):
    try:
        expected = SCHEMA.load(body)
    except ValidationError:
        expected = None
    try:
        assert read_plain(body) == expected
    except Odd:
        assert expected is None, "a body without a fault costs as much as one with"


@pytest.mark.parametrize("body", [None, [], "text", 3, {}, {"setting": "arrest"}])
def test_what_is_no_body_is_left_to_the_schema(body):
    with pytest.raises(Odd):
        read_plain(body)


class Lenient(Schema):
    class Meta:
        unknown = EXCLUDE

    family_name = fields.String()


class Spelt(Schema):
    family_name = fields.String(validate=validate.Regexp("[a-z]+"))


class Renamed(Schema):
    family_name = fields.String(data_key="familyName")


class Dated(Schema):
    born = fields.Date()


@pytest.mark.parametrize("schema", [Lenient(), Spelt(), Renamed(), Dated()], ids=lambda schema: type(schema).__name__)
def test_a_schema_that_cannot_be_followed_is_refused_at_the_start(schema):
    with pytest.raises(TypeError):
        PlainReader(schema)


def test_two_readings_share_nothing():
    read_alias = PlainReader(AliasSchema(), build=dict)
    first = read_alias({})
    first["family_name"] = "Sample"
    assert read_alias({})["family_name"] is None

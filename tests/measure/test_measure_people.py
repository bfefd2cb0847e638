"""Labelled files: what is read of them, and that a fault is told by file, line and column, never by value."""

from io import StringIO

import pytest

from flagging.errors import PeopleFileInvalid
from flagging.identity.person import BirthDate, PersonName
from flagging.measure.people import (
    DETAIL_COLUMNS,
    FIELDS,
    LABEL_COLUMNS,
    QUERY_COLUMNS,
    REGISTER_COLUMNS,
    read_queries,
    read_register,
)
from flagging.measure.tables import read_table

REGISTER = """\
id,given,middle,family,dob,postcode,suburb
R1,jasper,odo,quillfeather,1983-02-01,b1 1aa,
R2,rufus,,larkspur,1904-06-08,3020,
R1,jack,,feather,1983-02-10,b2 2bb,
"""


def register(text=REGISTER, fields=FIELDS, people=None):
    table = read_table(StringIO(text, newline=""), "register.csv", REGISTER_COLUMNS, DETAIL_COLUMNS)
    return read_register(table, fields, people)


def queries(text, fields=FIELDS, split=None, left_out=(), by=None):
    optional = (*DETAIL_COLUMNS, *LABEL_COLUMNS, "tradition")
    table = read_table(StringIO(text, newline=""), "queries.csv", QUERY_COLUMNS, optional)
    return read_queries(table, fields, register().index, split, left_out, by)


def identities(text=REGISTER, **options):
    return {record.ppo_ref: record.identity for record in register(text, **options).index.records}


def births(dob):
    (query,) = queries(f"qid,given,family,dob\nq1,jasper,quillfeather,{dob}\n").asked
    return query.identity.personas[0].born


class TestReading:
    def test_rows_of_one_id_are_one_person_and_his_aliases_with_the_first_postcode(self):
        assert (len(register().index), register().rows) == (2, 3)
        identity = identities()["R1"]
        assert [persona.name for persona in identity.personas] == [
            PersonName(("jasper", "odo"), ("quillfeather",)),
            PersonName(("jack",), ("feather",)),
        ]
        assert [persona.born.day for persona in identity.personas] == [1, 10]
        assert identity.postcode == "B1 1AA"

    def test_a_row_that_stands_twice_is_one_identity(self):
        assert len(identities(REGISTER + "R2,rufus,,larkspur,1904-06-08,,\n")["R2"].personas) == 1

    def test_only_the_first_so_many_people_are_read_with_all_their_aliases(self):
        assert (list(identities(people=1)), register(people=1).rows) == (["R1"], 2)

    @pytest.mark.parametrize("dob", ["1904-06-08", "1883-01-02", "2039-04-07"], ids=["old", "older", "to come"])
    def test_dates_of_any_time_are_read(self, dob):
        assert births(dob) == BirthDate(*map(int, dob.split("-")))

    @pytest.mark.parametrize("dob", ["", "unknown", "1900-01-01"], ids=["blank", "placeholder", "placeholder date"])
    def test_a_placeholder_is_no_date(self, dob):
        assert births(dob) is None

    def test_what_cannot_be_used_is_left_aside_and_counted(self):
        asked = queries("qid,given,family,dob,postcode\nq1,a,b,1983-02-30,3020\nq2,a,b,1983-13-01,\n")
        assert [query.identity.personas[0].born for query in asked.asked] == [None, None]
        assert asked.unusable == {"dob": 2, "postcode": 1}
        assert register().unusable == {"postcode": 1}

    def test_fields_that_are_not_compared_are_as_good_as_blank(self):
        identity = identities(fields=("given", "family"))["R1"]
        assert identity.personas[0].name == PersonName(("jasper",), ("quillfeather",))
        assert (identity.personas[0].born, identity.postcode) == (None, None)

    def test_labels_say_who_is_meant_and_what_is_wrong(self):
        asked = queries("tags,true_id,qid,given,family,dob\nswap+typo  dob_1digit typo,R2,q1,a,b,\nneg,,q2,a,b,\n")
        assert asked.is_labelled
        assert [(query.true_id, query.kinds) for query in asked.asked] == [
            ("R2", ("swap", "typo", "dob_1digit")),
            (None, ("neg",)),
        ]

    def test_without_the_column_nobody_knows_who_is_meant(self):
        assert not queries("qid,given,family,dob\nq1,a,b,\n").is_labelled

    def test_only_the_split_asked_for_is_read(self):
        text = "qid,given,family,dob,split\nq1,a,b,,dev\nq2,a,b,,test\n"
        assert [query.qid for query in queries(text, split="test").asked] == ["q2"]

    def test_a_query_with_a_kind_that_is_left_out_is_not_asked(self):
        text = "qid,given,family,dob,tags\nq1,a,b,,neg_twin\nq2,a,b,,neg\nq3,a,b,,neg+neg_twin\n"
        assert [query.qid for query in queries(text, left_out=["neg_twin"]).asked] == ["q2"]

    def test_queries_are_grouped_by_the_column_asked_for(self):
        text = "qid,given,family,dob,tradition\nq1,a,b,,irish\nq2,a,b,,\n"
        assert [query.group for query in queries(text, by="tradition").asked] == ["irish", ""]
        assert [query.group for query in queries(text).asked] == ["", ""]

    def test_cells_are_tidied_blank_lines_passed_over_and_columns_nobody_knows_named(self):
        table = read_table(StringIO("qid, given ,x\n\n q1 , a,y\n"), "f.csv", ["qid", "given"])
        assert [(row.line, row.cells["given"]) for row in table.rows] == [(3, "a")]
        assert table.unread == ("x",)


HEADER = "qid,given,family,dob,true_id,split"
FAULTS = [
    ("no header", "", "line 1, column qid: is missing"),
    ("no rows", f"{HEADER}\n", "line 2: has no rows below its header"),
    ("a column missing", "qid,given,family\nq1,a,b\n", "line 1, column dob: is missing"),
    ("a column twice", f"{HEADER},dob\n", "line 1, column dob: stands there twice"),
    ("too few cells", f"{HEADER}\nq1,a,b,\n", "line 2, column true_id: and whatever follows is missing"),
    (
        "too many cells",
        f"{HEADER}\nq1,a,b,,,,z\n",
        "line 2, column split: is followed by more cells than the header has",
    ),
    ("an open quote", f'{HEADER}\nq1,"a\nb,c,,,\n', "line 2: unexpected end of data"),
    ("a blank qid", f"{HEADER}\nq1,a,b,,,\n,a,b,,,\n", "line 3, column qid: is blank"),
    ("a qid twice", f"{HEADER}\nq1,a,b,,,\nq1,a,b,,,\n", "line 3, column qid: was met before"),
    ("an unknown person", f"{HEADER}\nq1,a,b,,SECRET,\n", "line 2, column true_id: names nobody on the register"),
    ("another date format", f"{HEADER}\nq1,a,b,01/02/1983,,\n", "line 2, column dob: not an ISO date"),
    (
        "after a cell of two lines",
        f'{HEADER}\nq1,"a\nb",c,,,\nq2,a,b,SECRET,,\n',
        "line 4, column dob: not an ISO date",
    ),
]


@pytest.mark.parametrize(("text", "told"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS])
def test_a_fault_is_told_by_file_line_and_column_and_never_by_value(text, told):
    with pytest.raises(PeopleFileInvalid) as error:
        queries(text)
    assert str(error.value) == f"queries.csv, {told}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("qid,given,family,dob\nq1,a,b,\n", "line 1, column split: is missing"),
        ("qid,given,family,dob,split\nq1,a,b,,dev\n", "line 2: no query is left to ask"),
    ],
    ids=["no splits", "another split"],
)
def test_a_split_that_is_not_there_is_a_fault(text, told):
    with pytest.raises(PeopleFileInvalid, match=told):
        queries(text, split="test")


def test_a_person_without_an_id_is_a_fault():
    with pytest.raises(PeopleFileInvalid, match=r"^register\.csv, line 3, column id: is blank$"):
        register("id,given,family,dob\nR1,a,b,\n,a,b,\n")


def test_a_column_to_group_by_that_is_not_there_is_a_fault():
    with pytest.raises(PeopleFileInvalid, match=r"^queries\.csv, line 1, column tradition: is missing$"):
        queries("qid,given,family,dob\nq1,a,b,\n", by="tradition")

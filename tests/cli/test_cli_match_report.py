"""`flagging match-report`: every printed figure worked out by hand on a register of four people."""

import re

import orjson
import pytest
from click.testing import CliRunner
from service import CONFIG

from flagging.cli import main

FAILED, USAGE = 1, 2

# Gwendolyn and Guinevere are twins; Jasper also goes by another name and date of birth.
REGISTER = """\
id,given,middle,family,dob,postcode,suburb
R1,jasper,,quillfeather,1983-02-01,b1 1aa,
R2,gwendolyn,,thistledown,1991-07-30,b2 2bb,
R3,guinevere,,thistledown,1991-07-30,b2 2bb,
R4,rufus,,larkspur,1904-06-08,3020,
R1,jack,,nettleship,1983-12-10,b1 1aa,
"""
QUERIES = """\
qid,given,middle,family,dob,postcode,suburb,true_id,split,tags
q1,jasper,,quillfeather,1983-02-01,,,R1,dev,exact
q2,jack,,nettleship,1983-12-10,,,R1,dev,alias_known
q3,rufus,,larkspur,1904-06-08,,,R4,dev,exact
q4,jasper,,quillfeather,1983-01-02,,,R1,test,dob_daymonth_swap
q5,ottoline,,wolverstone,1955-05-05,,,R2,test,family_changed+dob_other
q6,gwendolyn,,thistledown,1991-07-30,,,R2,test,exact
q7,gawain,,thistledown,1991-07-30,,,,dev,neg_twin
q8,aurelia,,inkwell,1960-10-11,,,,dev,neg_stranger
q9,peregrine,,inkwell,1988-08-09,,,,test,neg_stranger
q10,cosmo,,inkwell,1971-02-30,,,,test,neg_stranger
"""


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Run the command on two files, with nothing set but where the configuration is."""
    monkeypatch.setenv("FLAGGING_CONFIG_DIR", str(CONFIG))
    monkeypatch.chdir(tmp_path)

    def run(*words, register=REGISTER, queries=QUERIES):
        for name, text in (("register.csv", register), ("queries.csv", queries)):
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(
            main, ["match-report", "--register", "register.csv", "--queries", "queries.csv", *words]
        )

    return run


def read_lines(directory):
    return (directory / "answers.jsonl").read_bytes().splitlines()


def without_time(text):
    """The report but for what depends on the machine, or on the very weights: time, probabilities as stated."""
    lines = [line for line in text.splitlines() if not line.startswith("time ")]
    lines = [line for line in lines if not re.match(r"\d+% to (?!100%)", line)]
    return [re.sub(r"^(95% to 100%   ).{9}", r"\1   stated", line) for line in lines]


# Flagged: q1, q2, q3, q6, all rightly. q4 is possible, day and month being swapped; q5 shares nothing with R2, so
# not even blocking brings R2 up. Of the four strangers the third twin is possible. Intervals are Wilson's, for n of n
# n / (n + 3.8415): 4 / 7.8415 = 51.01 %. Certain are the best matches of q1 to q4 and q6: 5 / 8.8415 = 56.55 %.
REPORT = """\
records    4 (5 rows)
queries    10
fields     given, middle, family, dob, postcode
unusable   postcode 1 (register)
unusable   dob 1 (queries)
outcomes   flagged 4, possible_match 2, not_on_register 4

                                      share       95 % interval
recall, flagged                      66.67%    30.00% to 90.32%  4 of 6
recall, flagged or possible          83.33%    43.65% to 96.99%  5 of 6
precision, flagged                  100.00%   51.01% to 100.00%  4 of 4
blocking recall                      83.33%    43.65% to 96.99%  5 of 6
not on the register: possible        25.00%     4.56% to 69.94%  1 of 4
not on the register: flagged          0.00%     0.00% to 48.99%  0 of 4

calibration of the best match, as if 3% of those asked about were on the register
probability      stated  observed       95 % interval  right  queries
95% to 100%      stated    100.0%   56.55% to 100.00%      5        5

people on the register                asked  not flagged  not told  not retrieved
dob_other                                 1            1         1              1
family_changed                            1            1         1              1
dob_daymonth_swap                         1            1         0              0
alias_known                               1            0         0              0
exact                                     3            0         0              0

people not on the register            asked     possible   flagged
neg_twin                                  1            1         0
neg_stranger                              3            0         0
"""


def test_every_figure_is_printed_as_worked_out_by_hand(report):
    result = report()
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_time(result.stdout) == REPORT.splitlines()
    assert re.search(r"^time       p50 \d+\.\d{3} ms, p99 \d+\.\d{3} ms a query$", result.stdout, re.MULTILINE)


def test_the_possible_twin_stands_in_the_calibration_and_is_not_right(report):
    bands = [line for line in report().stdout.splitlines() if re.match(r"\d+% to \d", line)]
    assert [line.split()[-2:] for line in bands] == [["0", "1"], ["5", "5"]]


def test_the_answers_are_one_json_line_a_query_best_match_first(report, tmp_path):
    assert report("--out", "answers.jsonl").exit_code == 0
    answers = {line["qid"]: line for line in map(orjson.loads, read_lines(tmp_path))}
    assert list(answers) == [f"q{number}" for number in range(1, 11)]
    refs = {qid: (line["outcome"], [match["ref"] for match in line["matches"]]) for qid, line in answers.items()}
    assert refs["q2"] == ("flagged", ["R1"])
    assert refs["q4"] == ("possible_match", ["R1"])
    assert refs["q6"] == ("flagged", ["R2", "R3"])
    assert refs["q9"] == ("not_on_register", [])
    for line in answers.values():
        assert set(line) == {"qid", "outcome", "matches"}
        for match in line["matches"]:
            assert set(match) == {"ref", "probability", "bits"}
            assert 0.0 <= match["probability"] <= 1.0
        assert [match["bits"] for match in line["matches"]] == sorted(
            (m["bits"] for m in line["matches"]), reverse=True
        )


def test_never_more_than_five_matches_are_written(report, tmp_path):
    alike = "".join(f"R{number},jasper,quillfeather,1983-02-01\n" for number in range(9))
    result = report("--out", "answers.jsonl", register=f"id,given,family,dob\n{alike}")
    assert result.exit_code == 0
    first = orjson.loads(read_lines(tmp_path)[0])
    assert (first["outcome"], len(first["matches"])) == ("possible_match", 5)


def test_without_labels_it_only_answers(report, tmp_path):
    queries = "qid,given,family,dob\na,jasper,quillfeather,1983-02-01\nb,aurelia,inkwell,1960-10-11\n"
    result = report("--out", "answers.jsonl", queries=queries)
    assert without_time(result.stdout) == [
        "records    4 (5 rows)",
        "queries    2",
        "fields     given, middle, family, dob, postcode",
        "unusable   postcode 1 (register)",
        "outcomes   flagged 1, possible_match 0, not_on_register 1",
    ]
    assert len(read_lines(tmp_path)) == 2


def test_only_the_chosen_fields_are_compared(report):
    lines = report("--fields", "family, given").stdout.splitlines()
    assert lines[2] == "fields     given, family"
    assert lines[3].startswith("outcomes   flagged 0, ")  # never definite on a name alone


def test_a_split_and_the_first_people_of_the_register_can_be_measured_alone(report):
    queries = QUERIES.splitlines(keepends=True)
    only_r1 = "".join(each for number, each in enumerate(queries) if number not in (3, 5, 6))
    lines = report("--split", "dev", "--people", "1", queries=only_r1).stdout.splitlines()
    assert lines[:2] == ["records    1 (2 rows)", "queries    4"]


def test_kinds_of_query_can_be_left_out(report):
    lines = report("--leave-out", "neg_stranger", "--leave-out", "exact").stdout.splitlines()
    assert lines[1] == "queries    4"
    assert [line.split()[0] for line in lines if line.startswith("neg_")] == ["neg_twin"]


# Of q1 to q6, 3 and 3 are asked about on either side; of the strangers q7 and q8, q9 and q10. z for two groups is 2.2414,
# so that of the intervals of the differences (0 of 2 beside 1 of 2, and the like) none leaves out nought.
BY_SPLIT = """\
by split; groups that differ from all others together by more than noise are told with the 95 % interval of
the difference (Newcombe, 1998), widened for the number of groups (Bonferroni)

recall, flagged                       share       95 % interval
dev                                 100.00%   43.85% to 100.00%  3 of 3
test                                 33.33%     6.15% to 79.23%  1 of 3

recall, flagged or possible           share       95 % interval
dev                                 100.00%   43.85% to 100.00%  3 of 3
test                                 66.67%    20.77% to 93.85%  2 of 3
"""


def test_the_figures_are_printed_by_the_groups_of_a_column(report):
    lines = report("--by", "split").stdout.splitlines()
    begins = lines.index(BY_SPLIT.splitlines()[0])
    assert without_time("\n".join(lines[: begins - 1])) == REPORT.splitlines()
    assert lines[begins:][: len(BY_SPLIT.splitlines())] == BY_SPLIT.splitlines()
    heads = [line.split("  ")[0] for line in lines[begins:] if line.endswith("share       95 % interval")]
    assert heads == [line.split("  ")[0] for line in REPORT.splitlines()[8:14]]


def test_a_group_that_fares_otherwise_is_told_by_how_much(report):
    """Of twelve Larkspurs all are found; of twelve people called otherwise by now, nobody."""
    asked = [("found", "rufus,larkspur,1904-06-08"), ("lost", "ottoline,wolverstone,1955-05-05")]
    rows = [f"{group}{number},{who},R4,{group}" for group, who in asked for number in range(12)]
    result = report("--by", "tradition", queries="\n".join(["qid,given,family,dob,true_id,tradition", *rows]) + "\n")
    lines = result.stdout.splitlines()
    told = lines.index("recall, flagged or possible           share       95 % interval")
    assert (result.exit_code, result.stderr) == (0, "")
    # Wilson at z = 2.2414: from 0 to 5.0239 / 17.0239 = 29.51 %; both reach so far: 100 - √2 x 29.51 = 58.27 %.
    assert lines[told + 1].endswith("100.00%   75.75% to 100.00%  12 of 12  higher by 58.27% to 100.00%")
    assert lines[told + 2].endswith("  0.00%     0.00% to 24.25%  0 of 12  lower by 58.27% to 100.00%")


def test_a_query_of_no_group_is_told_as_blank(report):
    queries = "qid,given,family,dob,true_id,tradition\na,jasper,quillfeather,1983-02-01,R1,\n"
    assert any(
        line.startswith("(blank)  ") for line in report("--by", "tradition", queries=queries).stdout.splitlines()
    )


def test_without_labels_there_is_nothing_to_group(report):
    queries = "qid,given,family,dob,tradition\na,jasper,quillfeather,1983-02-01,irish\n"
    assert "irish" not in report("--by", "tradition", queries=queries).stdout


def test_a_label_that_the_register_does_not_bear_out_is_a_fault(report):
    result = report("--people", "1")
    assert (result.exit_code, result.stdout) == (FAILED, "")
    assert result.stderr == "Error: queries.csv, line 4, column true_id: names nobody on the register\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"register": "id,given,dob\n"}, "register.csv, line 1, column family: is missing"),
        ({"register": REGISTER + "R5,a,,b,1.2.1983,,\n"}, "register.csv, line 7, column dob: not an ISO date"),
        ({"words": ("--by", "shoe_size")}, "queries.csv, line 1, column shoe_size: is missing"),
        ({"queries": QUERIES.encode() + b"q11,ren\xe9,,b,,,,,,\n"}, "queries.csv, line 12: is not UTF-8"),
    ],
    ids=["column", "cell", "group", "encoding"],
)
def test_a_fault_of_a_file_is_one_line_and_no_answers_are_written(files, told, report, tmp_path):
    result = report("--out", "answers.jsonl", *files.pop("words", ()), **files)
    assert (result.exit_code, result.stdout, result.stderr) == (FAILED, "", f"Error: {told}\n")
    assert not (tmp_path / "answers.jsonl").exists()


def test_a_column_nobody_knows_is_told_and_the_rest_is_measured(report):
    result = report(register="id,given,family,dob,postcoed\nR1,jasper,quillfeather,1983-02-01,x\n", queries=ONE_QUERY)
    assert (result.exit_code, result.stderr) == (0, "register.csv, column postcoed: is not read\n")


ONE_QUERY = "qid,given,family,dob,true_id\na,jasper,quillfeather,1983-02-01,R1\n"


def test_calibration_asks_for_people_on_the_register_and_for_others(report):
    lines = report(queries=ONE_QUERY).stdout.splitlines()
    assert "calibration needs queries about people on the register and about others" in lines
    assert f"{'not on the register: possible':34}{'-':>9}{'0 of 0':>28}" in lines


def test_a_byte_order_mark_is_no_part_of_the_first_column(report):
    assert report(queries="\ufeff" + ONE_QUERY).exit_code == 0


@pytest.mark.parametrize("words", [("--fields", "given,shoe_size"), ("--people", "0")], ids=" ".join)
def test_an_option_that_makes_no_sense_is_a_fault_of_usage(words, report):
    assert report(*words).exit_code == USAGE


def test_neither_redis_nor_key_nor_ledger_is_needed_or_touched(report, tmp_path, monkeypatch):
    monkeypatch.setenv("FLAGGING_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("FLAGGING_STATE_DIR", str(tmp_path / "state"))
    assert report().exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["queries.csv", "register.csv"]

"""Every case there is against a table written out by hand."""

from itertools import product

import pytest

from flagging.policy.routing import RoutingFacts, drug_need, every_case, route
from flagging.terms import Age, DrugTest, Need, Outcome, Route, Setting

# One cell for each need and age, one row for each place and outcome; the cells are explained in ANSWERS.
#
#                            need: yes                   unknown                     no
#  place      outcome        adult age? <18  dispute     adult age? <18  dispute     adult age? <18  dispute
TABLE = """
   trigger  | flagged      | DSB   DSB  yot  age       | test  test yot  age       | no    no   yot  age
   trigger  | possible     | id    id   yot  age       | id    id   yot  age       | no    no   yot  age
   trigger  | possible-ex  | exid  exid yot  age       | exid  exid yot  age       | no    no   yot  age
   trigger  | former       | exDIP exDIP yot age       | extest extest yot age     | no    no   yot  age
   trigger  | stranger     | DIP   DIP  yot  age       | strtest strtest yot age   | no    no   yot  age
   trigger  | unconfirmed  | ring  ring yot  age       | ring  ring yot  age       | no    no   yot  age

   arrest   | flagged      | DSB   DSB  yot  age       | offer offer yot age       | no    no   yot  age
   arrest   | possible     | id    id   yot  age       | id    id   yot  age       | no    no   yot  age
   arrest   | possible-ex  | exid  exid yot  age       | exid  exid yot  age       | no    no   yot  age
   arrest   | former       | exDIP exDIP yot age       | exoffer exoffer yot age   | no    no   yot  age
   arrest   | stranger     | DIP   DIP  yot  age       | stroffer stroffer yot age | no    no   yot  age
   arrest   | unconfirmed  | ring  ring yot  age       | ring  ring yot  age       | no    no   yot  age

   reception| flagged      | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age
   reception| possible     | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age
   reception| possible-ex  | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age
   reception| former       | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age
   reception| stranger     | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age
   reception| unconfirmed  | jail  jail yot  age       | jail  jail yot  age       | no    no   yot  age

   release  | flagged      | DSB   DSB  yot  age       | om    om   yot  age       | no    no   yot  age
   release  | possible     | id    id   yot  age       | id    id   yot  age       | no    no   yot  age
   release  | possible-ex  | exid  exid yot  age       | exid  exid yot  age       | no    no   yot  age
   release  | former       | exDIP exDIP yot age       | exoffer exoffer yot age   | no    no   yot  age
   release  | stranger     | DIP   DIP  yot  age       | handon handon yot age     | no    no   yot  age
   release  | unconfirmed  | ring  ring yot  age       | ring  ring yot  age       | no    no   yot  age
"""

# cell: rule, route, service, words of the reason, otherwise (if, route, service). dip: the DIP team that is right here.
ANSWERS = {
    "age": ("age-disputed", "hold", None, "confirm identity and age first", []),
    "yot": ("under-18", "none", "yot", "adult drug routes do not apply", []),
    "no": ("no-need", "none", None, "other services are open all the same", []),
    "jail": ("in-prison", "CARAT", "carat", "whatever the register says", []),
    "ring": (
        "status-unknown", "hold", None, "ring the duty desk", [("a PPO", "DSB", "dsb"), ("not a PPO", "DIP", "dip")],
    ),
    "id": (
        "identity-unconfirmed", "hold", None, "may be a PPO: confirm the identity",
        [("identity confirmed", "DSB", "dsb"), ("identity ruled out", "DIP", "dip")],
    ),
    "exid": (
        "identity-unconfirmed", "hold", None, "handover from DSB",
        [("identity confirmed", "DIP", "dip"), ("identity ruled out", "DIP", "dip")],
    ),
    "DSB": ("ppo-in-need", "DSB", "dsb", "drugs worker is due within a week", []),
    "test": ("ppo-to-assess", "none", None, "trigger offence: test", [("in need", "DSB", "dsb")]),
    "offer": ("ppo-to-assess", "none", None, "no trigger offence stated: offer an assessment", [("in need", "DSB", "dsb")]),
    "om": ("ppo-to-assess", "none", None, "the offender manager assesses", [("in need", "DSB", "dsb")]),
    "exDIP": ("former-in-need", "DIP", "dip", "handover from DSB", []),
    "extest": ("former-to-assess", "none", None, "trigger offence: test", [("in need", "DIP", "dip")]),
    "exoffer": ("former-to-assess", "none", None, "handover from DSB", [("in need", "DIP", "dip")]),
    "DIP": ("non-ppo-in-need", "DIP", "dip", "DIP team of the OCU", []),
    "strtest": (
        "non-ppo-to-assess", "none", None, "trigger offence: test", [("test positive or in need", "DIP", "dip")],
    ),
    "stroffer": ("non-ppo-to-assess", "none", None, "no trigger offence stated: offer", [("in need", "DIP", "dip")]),
    "handon": ("non-ppo-to-assess", "none", None, "CARAT hands on to DIP", [("in need", "DIP", "dip")]),
}  # fmt: skip

# place: setting, trigger offence, where the person stands, and the name of the DIP team that is right there.
PLACES = {
    "trigger": (Setting.ARREST, True, {"ocu": "D3", "home_ocu": "F1"}, "DIP team East"),
    "arrest": (Setting.ARREST, False, {"ocu": "E1"}, "DIP team East"),
    "reception": (Setting.PRISON_RECEPTION, False, {"prison": "BMI"}, "DIP single point of contact"),
    "release": (Setting.PRISON_RELEASE, False, {"prison": "BMI", "home_ocu": "E2"}, "DIP team South"),
}
OUTCOMES = {
    "flagged": (Outcome.FLAGGED, False),
    "possible": (Outcome.POSSIBLE_MATCH, False),
    "possible-ex": (Outcome.POSSIBLE_MATCH, True),
    "former": (Outcome.FORMER, False),
    "stranger": (Outcome.NOT_ON_REGISTER, False),
    "unconfirmed": (Outcome.CANNOT_CONFIRM, False),
}
SERVICES = {
    "dsb": "Drug Solutions Birmingham (DSB)",
    "yot": "Youth offending team",
    "carat": "CARAT team, HMP Birmingham",
}
NEEDS = (Need.YES, Need.UNKNOWN, Need.NO)
AGES = (Age.ADULT, Age.UNKNOWN, Age.UNDER_18, Age.DISPUTED)


def _cells():
    for row in filter(str.strip, TABLE.splitlines()):
        place, outcome, *columns = (part.strip() for part in row.split("|"))
        cells = [cell for column in columns for cell in column.split()]
        for (need, age), cell in zip(product(NEEDS, AGES), cells, strict=True):
            yield pytest.param(place, outcome, need, age, cell, id=f"{place}-{outcome}-need-{need}-{age}")


CELLS = list(_cells())


def test_the_table_by_hand_covers_every_case():
    assert len(CELLS) == len(list(every_case())) == 288


@pytest.fixture
def send(routing, directory):
    return lambda *facts, **where: route(RoutingFacts(*facts, **where), routing.table, directory)


@pytest.mark.parametrize(("place", "outcome", "need", "age", "cell"), CELLS)
def test_every_case_is_routed_as_the_table_says(place, outcome, need, age, cell, send):
    setting, trigger_offence, where, dip_team = PLACES[place]
    word, best_is_former = OUTCOMES[outcome]

    referral = send(setting, word, need, age, trigger_offence, best_is_former, **where)

    rule, way, service, words, otherwise = ANSWERS[cell]
    names = {**SERVICES, "dip": dip_team, None: None}
    assert (referral.rule, referral.route, _name(referral.service)) == (rule, way, names[service])
    assert words in referral.reason
    assert [(other.condition, other.route, _name(other.service)) for other in referral.otherwise] == [
        (condition, way, names[named]) for condition, way, named in otherwise
    ]
    assert ("rules for adults are followed" in referral.reason) == (age is Age.UNKNOWN)


def _name(service):
    return service and service.name


def test_rules_bear_the_names_of_the_domain_in_its_order(routing):
    assert [rule.name for rule in routing.table.rules] == [
        "age-disputed", "under-18", "no-need", "in-prison", "status-unknown", "identity-unconfirmed", "ppo-in-need",
        "ppo-to-assess", "former-in-need", "former-to-assess", "non-ppo-in-need", "non-ppo-to-assess",
    ]  # fmt: skip


@pytest.mark.parametrize("setting", [Setting.PRISON_RECEPTION, Setting.PRISON_RELEASE])
def test_a_trigger_offence_given_in_prison_changes_nothing(setting, send):
    facts = (setting, Outcome.NOT_ON_REGISTER, Need.UNKNOWN, Age.ADULT)
    assert send(*facts, trigger_offence=True) == send(*facts, trigger_offence=False)


@pytest.mark.parametrize("outcome", [Outcome.FLAGGED, Outcome.FORMER, Outcome.NOT_ON_REGISTER, Outcome.CANNOT_CONFIRM])
def test_a_former_best_match_matters_to_possible_matches_alone(outcome, send):
    facts = (Setting.ARREST, outcome, Need.YES, Age.ADULT)
    assert send(*facts, best_is_former=True) == send(*facts, best_is_former=False)


def test_a_prison_the_directory_does_not_know_leaves_carat_without_contact(send):
    referral = send(Setting.PRISON_RECEPTION, Outcome.FLAGGED, Need.YES, Age.ADULT, prison="NOWHERE")
    assert (referral.route, referral.service) == (Route.CARAT, None)


@pytest.mark.parametrize(
    ("ocu", "home_ocu", "team"),
    [
        ("D1", "F1", "DIP team North"),
        (None, "F1", "DIP team Heart and West"),
        ("X9", "F1", "DIP team Heart and West"),
        (None, None, "DIP single point of contact"),
        ("X9", "X8", "DIP single point of contact"),
    ],
    ids=["ocu asking", "home ocu", "unknown ocu asking", "no ocu at all", "unknown ocus"],
)
def test_the_dip_team_is_that_of_the_ocu_asking_then_of_the_home_ocu_then_force_wide(ocu, home_ocu, team, send):
    referral = send(Setting.ARREST, Outcome.FORMER, Need.YES, Age.ADULT, ocu=ocu, home_ocu=home_ocu)
    assert referral.service.name == team


@pytest.mark.parametrize(
    ("drug_test", "assessed", "recorded", "need"),
    [
        (DrugTest.POSITIVE, Need.NO, Need.NO, Need.YES),
        (DrugTest.NEGATIVE, Need.YES, Need.NO, Need.YES),
        (DrugTest.NEGATIVE, Need.UNKNOWN, Need.YES, Need.NO),
        (DrugTest.REFUSED, Need.NO, Need.YES, Need.NO),
        (DrugTest.REFUSED, Need.UNKNOWN, Need.UNKNOWN, Need.UNKNOWN),
        (DrugTest.NOT_TESTED, Need.UNKNOWN, Need.YES, Need.YES),
        (None, Need.UNKNOWN, Need.NO, Need.NO),
        (None, Need.UNKNOWN, Need.UNKNOWN, Need.UNKNOWN),
    ],
)
def test_need_is_a_positive_test_or_assessment_then_a_no_then_what_is_recorded(drug_test, assessed, recorded, need):
    assert drug_need(drug_test, assessed, recorded) is need


def test_the_register_counts_for_nothing_unless_it_is_passed():
    assert drug_need(None, Need.UNKNOWN) is Need.UNKNOWN


def test_every_route_of_the_service_is_used(routing):
    assert {plan.route for plan in routing.table.plans.values()} == set(Route)

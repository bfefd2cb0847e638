"""The files that hold policy: each fault is named with its file, its key and the reason."""

import pytest

from flagging.configuration.actions import load_actions
from flagging.configuration.directory import load_directory
from flagging.configuration.disclosure import load_disclosure
from flagging.configuration.references import verify_references
from flagging.configuration.routing import load_routing
from flagging.errors import ConfigurationInvalid
from flagging.terms import Scheme

DIRECTORY = [
    ('telephone = "0121 496 0100"', 'telephone = "ask Bob"', "force_duty_desk.telephone", "Not a telephone number"),
    ('hours = "every day 08:00-20:00"', 'hours = " "', "dip_teams.central.hours", "Must not be empty"),
    ('email = "ppo.duty@police.example"', 'email = "nowhere"', "force_duty_desk.email", "Not a valid email"),
    ('dip_team = "north"', 'dip_team = "nrth"', "ocus.D1.dip_team", "No such DIP team; there are: north, east"),
    ("[ocus.D1]", "[ocus.d1]", "ocus.d1", "Not a usable name"),
    ('name = "OCU D2"\n', "", "ocus.D2.name", "Missing"),
    ("[services.dsb]", "[services.DSB]", "services.DSB", "Not a usable name"),
    ('name = "DIP team East"', 'nam = "DIP team East"', "dip_teams.east.nam", "Unknown field"),
    ("[ocus.D1]", "[ocus]\nE9 = 3\n[ocus.D1]", "ocus.E9", "Invalid input type"),
]
ROUTING = [
    ('schemes = ["PPO"]', 'schemes = ["PPX"]', "flag.schemes.0", "Must be one of"),
    ('schemes = ["PPO"]', "schemes = []", "flag.schemes", "Nobody would be flagged"),
    ('statutory = "probation"', 'statutory = "prison"', "offender_managers.statutory", "Must be one of"),
    ('duty_desk_of = ["home_ocu"]', "duty_desk_of = []", "offender_managers.duty_desk_of", "Must name one"),
    ('age = "disputed"', 'age = "old"', "rules.0.when.age", "Must be one of: under_18, adult, unknown, disputed"),
    ('age = "disputed"', "age = []", "rules.0.when.age", "An empty list fits nothing"),
    ('{ age = "disputed" }', '{ mood = "bad" }', "rules.0.when.mood", "No such condition; there are: setting"),
    ('{ age = "disputed" }', "3", "rules.0.when", "Not a table of conditions"),
    ("best_is_former = true", 'best_is_former = "yes"', "rules.5.variants.0.when.best_is_former", "true or false"),
    ('route = "hold"', 'route = "prison"', "rules.0.route", "Must be one of"),
    ('name = "age-disputed"', 'name = "Age Disputed"', "rules.0.name", "Must look like"),
    ('route = "CARAT"\nservice = "carat"', 'route = "CARAT"', "rules.3.service", "CARAT leads to a service"),
    ('{ if = "a PPO", route = "DSB", service = "dsb" }', '{ if = "a PPO", route = "DSB" }', "rules.4.otherwise.0.service", "DSB leads to a service"),
    ('{ if = "a PPO", route', '{ if = "", route', "rules.4.otherwise.0.if", "Must not be empty"),
    ('name = "under-18"', 'name = "no-need"', "rules", "The name no-need is used twice"),
    ('when = { need = "no" }', 'when = { need = "no", setting = "arrest" }', "rules", "6 cases reach no rule, the first of them: setting prison_release, outcome flagged, need no"),
    ('when = { age = "disputed" }', "when = {}", "rules", "Rule 2 (under-18): no case reaches it"),
    ("best_is_former = true", 'setting = "prison_reception"', "rules", "Rule 6 (identity-unconfirmed): no case reaches its variant 1"),
]  # fmt: skip
ACTIONS = [
    ('opens = "09:00"', 'opens = "nine"', "office_hours.opens", "Not a valid time"),
    ('closes = "17:00"', 'closes = "08:00"', "office_hours.closes", "Must be later than opens"),
    ("further_holidays = []", 'further_holidays = ["Monday"]', "office_hours.further_holidays.0", "Not a valid date"),
    ('due = "at once"', "due = { days = 1 }", "actions.0.due", "Must be words"),
    ('due = "at once"', 'due = ""', "actions.0.due", "Must be words"),
    ("due = { hours = 48 }", "due = { hours = 0 }", "actions.7.due", "N from 1 to 999"),
    ("due = { hours = 48 }", "due = { hours = true }", "actions.7.due", "N from 1 to 999"),
    ("due = { hours = 48 }", "due = { hours = 48, working_days = 2 }", "actions.7.due", "Must be words"),
    ("trigger_offence = true", "trigger_offence = 1", "actions.3.when.trigger_offence", "Must be true or false"),
    ('setting = "arrest", outcome = "flagged", trigger', 'setting = "prison_release", outcome = "flagged", trigger', "actions.3.when", "No case reaches this action"),
    ('action = "ring_duty_desk"', 'action = "Ring!"', "actions.0.action", "Must look like"),
    ('provisional_for = ["possible_match"]', 'provisional_for = ["maybe"]', "actions.5.provisional_for.0", "Must be one of"),
]  # fmt: skip
DISCLOSURE = [
    ('"ppo_ref", ', '"name", ', "roles.custody.fields.0", "Must be one of"),
    ("[roles.auditor]", "[roles.snooper]", "roles.snooper", "Not a usable name: it must look like custody|"),
    ('settings = ["arrest"]', 'settings = ["court"]', "roles.custody.purposes.custody_booking_in.settings.0", "Must be one of"),
    ('settings = ["arrest"]', "settings = []", "roles.custody.purposes.custody_booking_in.settings", "Must name one"),
    ("purposes = {}", "purposes = 4", "roles.administrator.purposes", "Not a table"),
    ("custody_booking_in =", "Booking =", "roles.custody.purposes.Booking", "Not a usable name"),
    ("[roles.auditor]\nfields = []\npurposes = {}", "", "roles.auditor", "Missing: say what this role may do"),
]  # fmt: skip
FILES = {
    "directory.toml": (load_directory, DIRECTORY),
    "routing.toml": (load_routing, ROUTING),
    "actions.toml": (load_actions, ACTIONS),
    "disclosure.toml": (load_disclosure, DISCLOSURE),
}


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "reason"),
    [
        pytest.param(name, *fault, id=f"{name}-{fault[1][:40]!r}")
        for name, (_, faults) in FILES.items()
        for fault in faults
    ],
)
def test_a_fault_is_named_with_file_key_and_reason(name, old, new, key, reason, faults_of):
    faults = faults_of(FILES[name][0], name, old, new)
    assert any(where == f"{name}: {key}" and reason in said for where, said in faults), faults


@pytest.mark.parametrize("name", FILES)
def test_a_key_nobody_reads_is_a_fault(name, faults_of):
    first_line = "#"
    assert (f"{name}: colour", "Unknown field.") in faults_of(FILES[name][0], name, first_line, 'colour = "red"\n#')


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name, tmp_path):
    with pytest.raises(ConfigurationInvalid, match=f"{name}: No such file"):
        FILES[name][0](tmp_path / name)


def test_ppo_alone_is_shipped_as_a_flag(shipped):
    assert load_routing(shipped / "routing.toml").flag_schemes == {Scheme.PPO}


def test_a_proclaimed_holiday_is_added_to_the_calendar(shipped, tmp_path):
    path = tmp_path / "actions.toml"
    text = (shipped / "actions.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("further_holidays = []", 'further_holidays = ["2030-05-07"]'), encoding="utf-8")
    proclaimed = (
        load_actions(path).calendar.bank_holidays - load_actions(shipped / "actions.toml").calendar.bank_holidays
    )
    assert [day.isoformat() for day in proclaimed] == ["2030-05-07"]


def test_the_shipped_files_agree_with_each_other(shipped):
    verify_references(*_shipped_with(shipped))


def test_services_nobody_provides_are_named_with_who_names_them(shipped):
    directory, routing, actions = _shipped_with(shipped)
    without = {key: service for key, service in directory.services.items() if key not in ("dsb", "mentoring")}
    directory = type(directory)(
        directory.ocus, directory.prisons, without, directory.force_duty_desk, directory.force_dip
    )

    with pytest.raises(ConfigurationInvalid) as caught:
        verify_references(directory, routing, actions)

    faults = {fault.where: fault.reason for fault in caught.value.faults}
    assert set(faults) == {
        "routing.toml: rules.4.otherwise (a PPO)",
        "routing.toml: rules.5.otherwise (identity confirmed)",
        "routing.toml: rules.6.service",
        "routing.toml: rules.7.otherwise (in need)",
        "actions.toml: actions.12.contact",
    }
    assert "No such service in directory.toml: mentoring" in faults["actions.toml: actions.12.contact"]


def _shipped_with(shipped):
    return (
        load_directory(shipped / "directory.toml"),
        load_routing(shipped / "routing.toml"),
        load_actions(shipped / "actions.toml"),
    )

"""What people, other programs and careless hands write where the service reads it: read, or refused in words, never a crash.

The parsers with files of their own (names, dates, identifiers, postcodes, lists, spool, records) are tried there.
"""

import contextlib
import json
import tomllib
from datetime import date
from pathlib import Path

import pytest
from environs import ValidationError
from fakeredis import FakeRedis
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from service import CONFIG

from flagging.configuration.load import load_configuration
from flagging.configuration.master_list import read_day
from flagging.errors import ConfigurationInvalid, EditionUnverified, KeyFileFault, SettingInvalid
from flagging.key_file import load_keyring
from flagging.register.replica import NAME, NOTE_NAME, ReplicaFile
from flagging.register.store import EditionStore
from flagging.setting_values import PARSERS, mask_secrets
from flagging.settings import Settings, read_settings
from flagging.web.arrivals import MOST_ARRIVALS, Arrival, arrivals_in_text, person_of
from flagging.web.identifier_box import read_box
from flagging.web.typed_dates import typed_date

DIGITS = st.text("0123456789 -/.,()+", max_size=20)
SCRAPS = st.sampled_from(
    ["sep=;", "\t", ";", '"', "Surname", "DOB", "PNC", "01/171310W", "A1234AA", "1/2/1983", "12 Feb 1983", "\r", "\0", "é", "၂", "²"]
)  # fmt: skip
HOSTILE = st.text(max_size=40) | DIGITS | st.lists(SCRAPS | st.text(max_size=6), max_size=12).map("".join)
ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "smtp", "https", "postgresql", ""]),
        st.sampled_from(["://", ":", "//"]),
        st.lists(st.sampled_from(["u", ":", "p", "@", "host", "[", "]", "::1", ",", "/", "0", "99999", "?", "ssl_x=1", "%", "#", "²", "\n"])
                 | st.text(max_size=4), max_size=10).map("".join),
    ),
)  # fmt: skip


@settings(max_examples=examples(30))
@given(HOSTILE)
def test_any_text_is_a_list_of_arrivals_none_of_which_is_blank(text):
    arrivals = arrivals_in_text(text)
    assert not any(arrival.is_blank for arrival in arrivals)
    for arrival in arrivals[:MOST_ARRIVALS]:
        person, _, _ = person_of(arrival, 2026)
        assert person["date_of_birth"] is None or date.fromisoformat(f"{person['date_of_birth']}-01-01"[:10])


@settings(max_examples=examples(30))
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_any_row_of_arrivals_is_a_person_with_faults(family, given_names, born, identifier):
    person, box, faults = person_of(Arrival(family, given_names, born, identifier), 2026)
    assert set(box.fields) <= set(person)
    assert all(fault.field in {"born", "identifier"} and fault.text for fault in faults)


@settings(max_examples=examples(30))
@given(HOSTILE)
def test_any_text_in_the_box_for_identifiers_is_read_or_counted(text):
    box = read_box(text, 1983, 2026)
    assert all(each.words for each in box.recognised)
    assert set(box.fields) <= {"pnc_id", "cro_number", "prison_number", "crn"}


@settings(max_examples=examples(30))
@given(HOSTILE, HOSTILE, HOSTILE)
def test_three_boxes_of_a_date_make_an_iso_date_or_a_fault(day, month, year):
    read = typed_date(day, month, year)
    if isinstance(read, str):
        assert [len(part) for part in read.split("-")] == [4, 2, 2][: read.count("-") + 1]


@settings(max_examples=examples(30))
@given(HOSTILE, st.lists(st.sampled_from(["%d/%m/%Y", "%m/%d/%y", "%d %B %Y", "%Y%m%d"]), max_size=3).map(tuple))
def test_a_day_of_a_list_is_a_date_or_nothing(text, formats):
    found = read_day(text, formats)
    assert found is None or isinstance(found, date)


@settings(max_examples=examples(30))
@given(st.sampled_from(sorted(PARSERS)), HOSTILE | ADDRESSES)
def test_the_value_of_a_setting_is_read_or_refused_without_repeating_it(kind, text):
    try:
        PARSERS[kind](text)
    except ValidationError as refused:
        assert len(text) < 12 or text not in str(refused)  # noqa: PT017 - either way is right


@settings(max_examples=examples(30))
@given(st.dictionaries(st.sampled_from([name.upper() for name in Settings.__slots__]), HOSTILE | ADDRESSES, max_size=4))
def test_any_environment_is_taken_or_refused_in_one_line(given_values):
    environ = {f"FLAGGING_{name}": value.replace("\0", "") for name, value in given_values.items()}
    try:
        read_settings(environ)
    except SettingInvalid as refused:
        assert "\n" not in str(refused)  # noqa: PT017


@settings(max_examples=examples(30))
@given(ADDRESSES)
def test_any_address_can_be_shown(address):
    assert isinstance(mask_secrets(address), str)


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("written")


@settings(max_examples=examples(30))
@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["format", "keys", "id", "secret", "public", "superseded_at"]), inner, max_size=4), max_leaves=12)
)  # fmt: skip
def test_a_key_file_of_anything_is_refused_by_name(place, content):
    path = place / "keys.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path.chmod(0o600)
    with pytest.raises(KeyFileFault, match=r"keys\.json"):
        load_keyring(path)


@settings(max_examples=examples(30))
@given(st.sampled_from([NAME, NOTE_NAME]), st.binary(max_size=200))
def test_a_replica_file_of_anything_is_refused(place, keyring, name, content):
    (place / name).write_bytes(content)
    replica = ReplicaFile(place, EditionStore(FakeRedis(), keyring))
    try:
        assert replica.load() is None
        assert replica.generation() == 0
        if (place / NAME).exists():
            with pytest.raises(EditionUnverified):
                replica.read()
    finally:
        (place / name).unlink()


FILES = ("routing", "actions", "directory", "disclosure", "matching", "master_list", "notify", "providers")


@settings(max_examples=examples(4))
@given(st.sampled_from(FILES), st.data())
def test_a_configuration_file_with_a_damaged_line_is_taken_or_refused_with_its_name(place, name, data):
    lines = (CONFIG / f"{name}.toml").read_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    damage = data.draw(st.sampled_from(["", "x = 1", "[[", "= ", "[x]"]) | HOSTILE)
    lines[at] = damage if data.draw(st.booleans()) else lines[at].replace("=", f"= {damage}", 1)
    for path in CONFIG.glob("*.*"):
        with contextlib.suppress(FileExistsError):
            (place / path.name).symlink_to(path)
    target = place / f"{name}.toml"
    target.unlink(missing_ok=True)
    target.write_text("\n".join(lines).encode(errors="replace").decode())
    try:
        load_configuration(place)
    except ConfigurationInvalid as refused:
        assert f"{name}.toml" in str(refused)  # noqa: PT017
    else:
        tomllib.loads(target.read_text())
    finally:
        target.unlink()
        target.symlink_to(CONFIG / f"{name}.toml")

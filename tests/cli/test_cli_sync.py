"""`flagging sync`: the exit code says how it went, the report says why."""

import json
import os
import subprocess
import sys

import pytest

from flagging.ledger.segments import read_segment

PUBLISHED, REFUSED, UNREADABLE, USAGE, FAILED = 0, 2, 3, 2, 1


def current(installation):
    """Return the current edition as `register show` tells it, None if there is none."""
    shown = installation.run("register", "show")
    return shown.stdout.splitlines()[0] if shown.exit_code == 0 else None


def test_a_new_list_is_published_and_told_in_numbers(installation):
    installation.write_list()
    result = installation.sync()
    assert result.exit_code == PUBLISHED, result.output
    assert result.stdout.startswith("published")
    assert "16" in result.stdout
    assert current(installation)


def test_the_same_list_again_is_unchanged(synced):
    before = current(synced)
    result = synced.sync()
    assert (result.exit_code, result.stdout.startswith("unchanged")) == (PUBLISHED, True)
    assert current(synced) == before


def test_the_report_as_json_is_all_there_is_on_standard_output(installation):
    installation.write_list(status="gone")
    report = json.loads(installation.sync("--json", "--force", "--reason", "a test").stdout)
    assert report["result"] == "published"
    assert report["counts"]["listed"] >= 15
    assert report["rejected"][0]["line"] == 2


def test_a_dry_run_says_what_would_happen_and_changes_nothing(synced, redis_client):
    before = redis_client.get("flagging:current"), redis_client.get("flagging:synced")
    synced.write_list(given_names="Jasper")
    result = synced.sync("--dry-run", "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["result"], report["changed"]) == (0, "dry_run", ["TST-0001"])
    assert (redis_client.get("flagging:current"), redis_client.get("flagging:synced")) == before


def test_a_list_that_a_guard_refuses_leaves_the_edition_and_names_the_guard(synced):
    before = current(synced)
    synced.write_list(3)
    result = synced.sync()
    assert result.exit_code == REFUSED
    assert "count_drop" in result.stdout
    assert current(synced) == before


def test_a_dry_run_of_such_a_list_says_so_too(synced):
    synced.write_list(3)
    assert synced.sync("--dry-run").exit_code == REFUSED


def test_an_administrator_may_force_it_and_must_say_why(synced):
    synced.write_list(3)
    assert synced.sync("--force").exit_code == USAGE
    assert synced.sync("--reason", "it is right").exit_code == USAGE
    assert synced.sync("--force", "--reason", "").exit_code == USAGE
    result = synced.sync("--force", "--reason", "two forces were merged", "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["result"]) == (PUBLISHED, "published")
    assert (report["forced"], report["reason"]) == (["count_drop", "absent"], "two forces were merged")


def test_whose_word_it_was_is_recorded(synced):
    synced.write_list(3)
    synced.sync("--force", "--reason", "two forces were merged", "--operator", "A-17")
    (segment,) = (synced.state_dir / "spool").glob("*.spool")
    (entry,) = map(json.loads, read_segment(segment, synced.keyring))
    assert entry.items() >= {
        "kind": "list_forced", "operator": "A-17", "reason": "two forces were merged", "edition": 2,
        "guards": ["count_drop", "absent"], "list_name": "list.csv",
    }.items()  # fmt: skip
    assert entry["caller"].startswith("shell:")


def test_a_forced_list_that_cannot_be_recorded_is_not_published(synced):
    before = current(synced)
    (synced.state_dir / "spool").write_bytes(b"")  # a file in its place
    synced.write_list(3)
    result = synced.sync("--force", "--reason", "two forces were merged")
    assert result.exit_code == FAILED
    assert "cannot be recorded" in result.stderr
    assert current(synced) == before


def test_a_sync_that_has_nothing_to_record_leaves_no_trace_in_the_spool(synced):
    assert not list(synced.state_dir.glob("spool/*"))


def test_the_text_tells_every_kind_of_warning_with_lines_and_references(installation):
    installation.write_list(date_of_birth="", police_om_phone="", pnc_id="2001/0171310X")
    text = installation.sync().stdout
    assert "warning: date_of_birth is missing, 1 times: line 2 (TST-0001)" in text
    assert "warning: pnc_id check letter is wrong or missing, 1 times: line 2 (TST-0001)" in text
    assert "warning: offender_manager has no usable contact, 16 times: line 2 (TST-0001), line 3 (TST-1000)" in text


@pytest.mark.parametrize("where", ["nowhere.csv", "keys"])
def test_a_list_that_cannot_be_read_is_told_by_its_own_exit_code(where, synced):
    result = synced.sync("--source", str(synced.directory / where))
    assert result.exit_code == UNREADABLE
    assert result.stdout.startswith("unreadable")
    assert current(synced)


def test_another_list_than_the_one_set_may_be_named(installation):
    installation.write_list()
    other = installation.master_list.rename(installation.directory / "other.csv")
    assert installation.sync().exit_code == UNREADABLE
    assert installation.sync("--source", str(other)).exit_code == PUBLISHED


def test_the_first_sync_makes_the_key_file_for_its_owner_alone(installation):
    installation.write_list()
    installation.sync()
    assert (installation.directory / "keys" / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("missing", ["REDIS_URL", "MASTER_LIST", "KEY_FILE"])
def test_a_setting_it_cannot_do_without_is_named(missing, installation):
    installation.unset(missing)
    result = installation.sync()
    assert (result.exit_code, result.stderr) == (FAILED, f"Error: FLAGGING_{missing}: is not set\n")


def test_a_redis_that_does_not_answer_is_told_without_its_address(installation):
    installation.write_list()
    installation.set("REDIS_URL", "redis://user:hunter2@127.0.0.1:1/0")
    result = installation.sync()
    assert (result.exit_code, result.stderr) == (FAILED, "Error: Redis: ConnectionError\n")


def test_a_redis_that_may_evict_keys_is_refused_before_anything_is_written_to_it(installation, redis_client):
    installation.write_list()
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        result = installation.sync()
    finally:
        redis_client.config_set("maxmemory-policy", "noeviction")
    assert result.exit_code == FAILED
    assert "noeviction" in result.stderr
    assert redis_client.keys("*") == []


def test_as_a_process_it_logs_to_standard_error_and_exits_as_it_says(installation):
    """With the real set-up of logs, which the other tests leave out."""
    installation.write_list()
    words = [sys.executable, "-m", "flagging", "sync", "--json"]
    first, second = (
        subprocess.run(words, env=os.environ, cwd=installation.directory, capture_output=True, check=False, timeout=60)
        for _ in range(2)
    )
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert [json.loads(each.stdout)["result"] for each in (first, second)] == ["published", "unchanged"]

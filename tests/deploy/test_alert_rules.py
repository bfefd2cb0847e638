"""Each fault raises its alert, once it has lasted, and no other; and while all is well there is none.

Tried by promtool, which keeps its own time: every series here has one sample a minute, beginning at the Unix epoch.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from exported import named_in, series

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RULES = REPOSITORY / "config" / "prometheus" / "flagging.rules.yaml"
GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}

ALWAYS = "xALWAYS"  # as long as it is looked at
NOW, NEVER, LONG_AGO = f"0+60{ALWAYS}", f"0{ALWAYS}", "-500000"  # seconds since the epoch of promtool's time
HERE = 'instance="h1:8000", job="flagging"'
LOOKUP = 'flagging_lookups_total{role="custody", setting="arrest", outcome="%s"}'
REFUSAL = 'flagging_refusals_total{problem="%s"}'
REFUSED = 'flagging_access_refused_total{kind="%s", reason="%s"}'
BUCKET = 'flagging_lookup_seconds_bucket{le="%s"}'

WELL = {
    "up": f"1{ALWAYS}",
    LOOKUP % "flagged": f"0+2{ALWAYS}",
    LOOKUP % "not_on_register": f"0+98{ALWAYS}",
    LOOKUP % "cannot_confirm": f"0{ALWAYS}",
    BUCKET % "0.001": f"0+100{ALWAYS}",
    BUCKET % "0.1": f"0+100{ALWAYS}",
    BUCKET % "+Inf": f"0+100{ALWAYS}",
    REFUSAL % "internal-error": f"0{ALWAYS}",
    REFUSAL % "cannot-confirm": f"0{ALWAYS}",
    REFUSAL % "too-many-requests": f"0{ALWAYS}",
    REFUSAL % "invalid-question": f"0+1{ALWAYS}",
    REFUSAL % "provider-unreachable": f"0{ALWAYS}",
    "flagging_spool_failures_total": f"0{ALWAYS}",
    'flagging_lookups_capped_total{effect="refused"}': f"0{ALWAYS}",
    'flagging_lookups_capped_total{effect="levels withheld"}': f"0+1{ALWAYS}",
    REFUSED % ("sign_in_refused", "wrong_username_or_password"): f"0{ALWAYS}",
    REFUSED % ("request_refused", "unauthenticated"): f"0{ALWAYS}",
    "flagging_access_tokens_refused_total": f"0{ALWAYS}",
    "flagging_register_stale": f"0{ALWAYS}",
    "flagging_register_records": f"321{ALWAYS}",
    "flagging_register_age_seconds": f"60{ALWAYS}",
    "flagging_register_replica": f"0{ALWAYS}",
    "flagging_register_holds": f"0{ALWAYS}",
    "flagging_register_list_timestamp_seconds": NOW,
    "flagging_editions_refused_total": f"3{ALWAYS}",
    "flagging_replica_file_behind": f"0{ALWAYS}",
    "flagging_replicas_refused_total": f"1{ALWAYS}",
    "flagging_key_file_behind": f"0{ALWAYS}",
    "flagging_redis_clock_ahead_seconds": f"-1{ALWAYS}",
    'flagging_redis_unfit{reason="may_evict"}': f"0{ALWAYS}",
    'flagging_redis_unfit{reason="takes_no_writes"}': f"0{ALWAYS}",
    "flagging_list_sync_timestamp_seconds": NOW,
    'flagging_list_refused{guard="count_drop"}': f"0{ALWAYS}",
    "flagging_list_unreadable": f"0{ALWAYS}",
    'flagging_list_rows{what="rejected"}': f"0{ALWAYS}",
    "flagging_ledger_drained_timestamp_seconds": NOW,
    "flagging_ledger_trouble": f"0{ALWAYS}",
    "flagging_ledger_faults": f"0{ALWAYS}",
    "flagging_ledger_verified_timestamp_seconds": NOW,
    "flagging_notify_given_up": f"0{ALWAYS}",
    "flagging_notify_oldest_seconds": f"0{ALWAYS}",
    "flagging_notify_counted_timestamp_seconds": NOW,
}
NOTHING = dict.fromkeys(WELL, None)


class Fault(NamedTuple):
    """What is other than well; when (minutes) no alert is raised yet, and when these are."""

    changes: dict[str, str | None]
    quiet_at: int
    raised_at: int
    raises: tuple[str, ...]


def lasting(change: dict[str, str | None], quiet_at: int, raised_at: int, *raises: str) -> Fault:
    return Fault(change, quiet_at, raised_at, raises)


ON, STILL = f"1{ALWAYS}", f"{LONG_AGO}{ALWAYS}"
FROM_10 = f"0x9 1+5{ALWAYS}"  # an event in minute 10, and more after it
FAULTS = {
    "all is well": lasting({}, 5, 120),
    "the server is down": lasting({"up": f"0{ALWAYS}"}, 1, 3, "ServiceNotScraped"),
    "there is no server at all": lasting(NOTHING, 1, 3, "ServiceNotScraped"),
    "a server without metrics": lasting(NOTHING | {"up": ON}, 1, 3, "ServiceNotScraped"),
    "a register that goes stale": lasting({"flagging_register_stale": f"0x9 1{ALWAYS}"}, 10, 12, "RegisterStale"),
    "no register": lasting({"flagging_register_records": f"0{ALWAYS}"}, 0, 2, "RegisterMissing"),
    "a register that ages": lasting({"flagging_register_age_seconds": f"0+60{ALWAYS}"}, 11, 13, "RegisterAging"),
    "no Redis": lasting({"flagging_register_replica": ON}, 4, 6, "RegisterReplica"),
    "a rollback forgotten": lasting({"flagging_register_holds": ON}, 470, 485, "RegisterHeld"),
    "an edition refused": lasting({"flagging_editions_refused_total": f"3x9 4{ALWAYS}"}, 9, 12, "EditionRefused"),
    "a replica file not written": lasting({"flagging_replica_file_behind": ON}, 9, 11, "ReplicaFileBehind"),
    "a replica file refused": lasting({"flagging_replicas_refused_total": f"1x9 2{ALWAYS}"}, 9, 12, "ReplicaFileRefused"),
    "a key not copied": lasting({"flagging_key_file_behind": ON}, 4, 6, "KeyFileBehind"),
    "Redis ahead": lasting({"flagging_redis_clock_ahead_seconds": f"31{ALWAYS}"}, 4, 6, "RedisClockWrong"),
    "Redis behind": lasting({"flagging_redis_clock_ahead_seconds": f"-31{ALWAYS}"}, 4, 6, "RedisClockWrong"),
    "Redis may evict": lasting({'flagging_redis_unfit{reason="may_evict"}': ON}, 4, 6, "RedisUnfit"),
    "Redis takes no writes": lasting({'flagging_redis_unfit{reason="takes_no_writes"}': ON}, 4, 6, "RedisUnfit"),
    "a failover for a minute": lasting(
        {'flagging_redis_unfit{reason="takes_no_writes"}': f"0x4 1x1 0{ALWAYS}"}, 6, 20
    ),
    "no sync any more": lasting({"flagging_list_sync_timestamp_seconds": NEVER}, 15, 17, "SyncSilent"),
    "a list refused": lasting({'flagging_list_refused{guard="count_drop"}': ON}, 4, 6, "ListRefused"),
    "a list unreadable": lasting({"flagging_list_unreadable": ON}, 4, 6, "ListUnreadable"),
    "a list frozen upstream": lasting({"flagging_register_list_timestamp_seconds": STILL}, 59, 61, "ListOld"),
    "rows rejected": lasting({'flagging_list_rows{what="rejected"}': f"2{ALWAYS}"}, 59, 61, "ListRowsRejected"),
    "a spool never drained": lasting({"flagging_ledger_drained_timestamp_seconds": NEVER}, 10, 12, "LedgerBehind"),
    "a ledger in trouble": lasting({"flagging_ledger_trouble": ON}, 1, 3, "LedgerTrouble"),
    "a ledger altered": lasting({"flagging_ledger_faults": f"0x9 1{ALWAYS}"}, 9, 10, "LedgerVerificationFailing"),
    "a ledger nobody verifies": lasting(
        {"flagging_ledger_verified_timestamp_seconds": STILL}, 59, 61, "LedgerVerificationSilent"
    ),
    "a full disk": lasting({"flagging_spool_failures_total": f"0x9 1{ALWAYS}"}, 9, 11, "SpoolCannotBeWritten"),
    "a manager not told": lasting({"flagging_notify_given_up": f"0x9 1{ALWAYS}"}, 9, 10, "NotificationsGivenUp"),
    "a mail server gone": lasting({"flagging_notify_oldest_seconds": f"0+60{ALWAYS}"}, 16, 18, "NotificationsFailing"),
    "nobody delivers": lasting({"flagging_notify_counted_timestamp_seconds": NEVER}, 7, 8, "NotificationsSilent"),
    "slow lookups": lasting({BUCKET % "0.001": f"0+98{ALWAYS}"}, 4, 8, "LookupsSlow"),
    "an internal error in fifty": lasting({REFUSAL % "internal-error": f"0+2{ALWAYS}"}, 1, 5, "LookupsFailing"),
    "one lookup in ten without an answer": lasting(
        {LOOKUP % "cannot_confirm": f"0+11{ALWAYS}"}, 2, 6, "LookupsCannotConfirm"
    ),
    "one lookup without an answer in a quiet night": lasting(
        {LOOKUP % "cannot_confirm": f"0x9 1{ALWAYS}", LOOKUP % "not_on_register": f"0x4 1x4 2{ALWAYS}", LOOKUP % "flagged": None,
         REFUSAL % "cannot-confirm": f"0x9 1{ALWAYS}"},
        5, 16,
    ),
    "one internal error in a quiet night": lasting(
        {REFUSAL % "internal-error": f"0x9 1{ALWAYS}", LOOKUP % "not_on_register": f"0x4 1x4 2{ALWAYS}"}, 5, 14
    ),
    "every lookup refused before it is counted": lasting(
        {REFUSAL % "cannot-confirm": f"0+9{ALWAYS}", LOOKUP % "flagged": None, LOOKUP % "not_on_register": None},
        2, 6, "LookupsCannotConfirm",
    ),
    "somebody climbs": lasting({'flagging_lookups_capped_total{effect="refused"}': FROM_10}, 9, 12, "LookupsCapped"),
    "a caller floods": lasting({REFUSAL % "too-many-requests": f"0+20{ALWAYS}"}, 9, 13, "CallersRateLimited"),
    "passwords guessed": lasting(
        {REFUSED % ("sign_in_refused", "wrong_username_or_password"): FROM_10}, 9, 16, "SignInsFailing"
    ),
    "a provider that cannot say": lasting({REFUSAL % "provider-unreachable": FROM_10}, 9, 16, "SignInsFailing"),
    "tokens guessed": lasting({REFUSED % ("request_refused", "unauthenticated"): FROM_10}, 9, 24, "TokensRefused"),
    "OAuth tokens not taken": lasting({"flagging_access_tokens_refused_total": FROM_10}, 9, 24, "TokensRefused"),
}  # fmt: skip


def put_here(name: str) -> str:
    """Add the labels that Prometheus gives what it scrapes."""
    return f"{name[:-1]}, {HERE}}}" if name.endswith("}") else f"{name}{{{HERE}}}"


def group_of(name: str, fault: Fault) -> dict[str, Any]:
    length = f"x{fault.raised_at + 1}"
    values = {each: value.replace(ALWAYS, length) for each, value in (WELL | fault.changes).items() if value}
    firing = 'count by (alertname) (ALERTS{alertstate="firing"})'
    raised = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in fault.raises]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": put_here(each), "values": value} for each, value in values.items()],
        "promql_expr_test": [
            {"expr": firing, "eval_time": f"{fault.quiet_at}m", "exp_samples": []},
            {"expr": firing, "eval_time": f"{fault.raised_at}m", "exp_samples": raised},
        ],
    }


def test_each_fault_raises_its_alert_once_it_has_lasted_and_no_other(promtool, tmp_path):
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [group_of(name, fault) for name, fault in FAULTS.items()],
    }
    (tmp_path / "tests.yaml").write_text(json.dumps(tests))
    done = subprocess.run(
        [promtool, "test", "rules", str(tmp_path / "tests.yaml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_well_formed(promtool):
    done = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried():
    assert {alert for fault in FAULTS.values() for alert in fault.raises} == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_asks_of_what_is_exported_and_says_how_bad_it_is_and_what_to_do(alert):
    rule = ALERTS[alert]
    assert named_in(rule["expr"]) <= series()
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{alert.lower()}"
    assert rule["annotations"]["summary"].endswith(".") or "?" in rule["annotations"]["summary"]


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^### ([A-Z]\w+[a-z][A-Z]\w+)$", page, re.MULTILINE)) == set(ALERTS)


def test_what_is_tried_is_what_is_exported():
    assert {named for name in WELL for named in named_in(name)} <= series()

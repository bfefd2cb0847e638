"""Every metric of the service, named by the conventions of Prometheus. No label ever carries a personal value.

Under gunicorn the processes share their values through `PROMETHEUS_MULTIPROC_DIR`, set before this is imported. One
that nothing can be written to is refused like any setting that cannot be used, by whoever imports this.
"""

import contextlib
import os
import tempfile
from bisect import bisect_left
from collections import Counter as Occurrences
from collections import deque
from collections.abc import Sequence
from typing import Final

from flagging.errors import SettingInvalid

_SHARED_IN = ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
"""What prometheus_client goes by: the first that is there."""


def _confirm_shared_directory() -> None:
    """Raise SettingInvalid where no files of metrics can be made: the first metric would not say what is wrong."""
    name = next((each for each in _SHARED_IN if each in os.environ), None)
    if name is not None:
        try:
            tempfile.TemporaryFile(dir=os.environ[name]).close()
        except OSError as error:
            raise SettingInvalid(name, f"nothing can be written to that directory: {error.strerror}") from None


_confirm_shared_directory()

from prometheus_client import Counter, Gauge, Histogram  # noqa: E402 - it reads the variable when it is imported


class Times(Histogram):
    """A histogram that many times are added to at once."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        """Observe each of the amounts; into whichever bucket it falls, the sum and the bucket are written once."""
        self._sum.inc(sum(amounts))
        for place, number in Occurrences(bisect_left(self._upper_bounds, amount) for amount in amounts).items():
            self._buckets[place].inc(number)


BUILD_INFO = Gauge(
    "flagging_build_info",
    "1 for each build that a process of this server is of: its version, and whether it is compiled.",
    ["version", "compiled"],
    multiprocess_mode="livemax",
)
LOOKUPS = Counter("flagging_lookups_total", "Lookups answered.", ["role", "setting", "outcome"])
LOOKUP_SECONDS = Times(
    "flagging_lookup_seconds",
    "Time a lookup takes in process, from the question parsed to the answer recorded.",
    buckets=(0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2),
)
STEP_SECONDS = Counter(
    "flagging_lookup_step_seconds_total",
    "Time that lookups took by step: reading who is asked about, register, matching, policy, ledger.",
    ["step"],
)
REFUSALS = Counter("flagging_refusals_total", "Requests answered with a problem.", ["problem"])
TOKENS_REFUSED = Counter("flagging_access_tokens_refused_total", "OAuth 2 access tokens that were not taken.")
ACCESS_REFUSED = Counter(
    "flagging_access_refused_total", "Requests and sign-ins refused for who asked.", ["kind", "reason"]
)
LOOKUPS_CAPPED = Counter(
    "flagging_lookups_capped_total",
    "Lookups of which less was told, as nearly the same was asked too often.",
    ["effect"],
)
REGISTER_EDITION = Gauge(
    "flagging_register_edition", "Number of the edition held, the oldest of all processes.", multiprocess_mode="livemin"
)
REGISTER_RECORDS = Gauge(
    "flagging_register_records", "Records of the edition held, active and former.", multiprocess_mode="livemin"
)
REGISTER_AGE = Gauge(
    "flagging_register_age_seconds",
    "Time since the master list was last checked, the oldest of all processes.",
    multiprocess_mode="livemax",
)
REGISTER_LIST_DATED = Gauge(
    "flagging_register_list_timestamp_seconds",
    "The master list's own date, as Unix time, the oldest of all processes.",
    multiprocess_mode="livemin",
)
REGISTER_IS_STALE = Gauge(
    "flagging_register_stale", "1 while any process would answer from a stale register.", multiprocess_mode="livemax"
)
REGISTER_IS_REPLICA = Gauge(
    "flagging_register_replica", "1 while any process answers without Redis.", multiprocess_mode="livemax"
)
REGISTER_HOLDS = Gauge(
    "flagging_register_holds",
    "1 while an edition that was gone back to holds off the list.",
    multiprocess_mode="livemax",
)
LIST_SYNCED = Gauge(
    "flagging_list_sync_timestamp_seconds", "When the last sync ended, as Unix time.", multiprocess_mode="livemax"
)
LIST_REFUSED = Gauge(
    "flagging_list_refused", "1 while this guard refuses the master list.", ["guard"], multiprocess_mode="livemax"
)
LIST_UNREADABLE = Gauge(
    "flagging_list_unreadable", "1 while the master list cannot be read at all.", multiprocess_mode="livemax"
)
LIST_ROWS = Gauge(
    "flagging_list_rows",
    "How many of each the last list had: rows, people listed, added, rejected, missing, warnings and so on.",
    ["what"],
    multiprocess_mode="livemax",
)
REDIS_CLOCK_AHEAD = Gauge(
    "flagging_redis_clock_ahead_seconds",
    "By how much the clock of Redis was ahead of this host's when it was last heard; negative if behind.",
    multiprocess_mode="livemostrecent",
)
REDIS_UNFIT = Gauge(
    "flagging_redis_unfit",
    "1 while the worker of this host finds for this reason that Redis cannot keep the register.",
    ["reason"],
    multiprocess_mode="livemax",
)
EDITIONS_REFUSED = Counter("flagging_editions_refused_total", "Editions found in Redis that did not verify.")
REPLICA_FILE_IS_BEHIND = Gauge(
    "flagging_replica_file_behind",
    "1 while the replica file of this host does not hold the edition that any process has from Redis.",
    multiprocess_mode="livemax",
)
REPLICAS_REFUSED = Counter("flagging_replicas_refused_total", "Replica files that a process could not answer from.")
KEY_FILE_IS_BEHIND = Gauge(
    "flagging_key_file_behind",
    "1 while any process lacks the newest key, or cannot read its key file.",
    multiprocess_mode="livemax",
)
LEDGER_HEAD = Gauge(
    "flagging_ledger_head", "Number of the last entry of the ledger's chain.", multiprocess_mode="livemostrecent"
)
LEDGER_HEAD_LINK = Gauge(
    "flagging_ledger_head_link",
    "The first 48 bits of the link of that entry: kept elsewhere, they show a chain that was cut off or rewritten.",
    multiprocess_mode="livemostrecent",
)
LEDGER_DRAINED = Gauge(
    "flagging_ledger_drained_timestamp_seconds",
    "When all of this host's spool was last in the ledger, as Unix time.",
    multiprocess_mode="livemostrecent",
)
LEDGER_WAITING = Gauge(
    "flagging_ledger_waiting_bytes", "Bytes of this host's spool not drained yet.", multiprocess_mode="livemostrecent"
)
LEDGER_TROUBLE = Gauge(
    "flagging_ledger_trouble",
    "1 while something keeps this host's spool from the ledger, or the ledger is not the one last seen.",
    multiprocess_mode="livemax",
)
LEDGER_VERIFIED = Gauge(
    "flagging_ledger_verified_timestamp_seconds",
    "When the whole ledger was last verified on this host, as Unix time.",
    multiprocess_mode="livemostrecent",
)
LEDGER_FAULTS = Gauge(
    "flagging_ledger_faults",
    "Entries of the ledger that were not as written when it was last verified, and other faults of its chain.",
    multiprocess_mode="livemostrecent",
)
NOTIFY_WAITING = Gauge(
    "flagging_notify_waiting", "Notifications not delivered yet.", multiprocess_mode="livemostrecent"
)
NOTIFY_OLDEST = Gauge(
    "flagging_notify_oldest_seconds", "Age of the oldest of them.", multiprocess_mode="livemostrecent"
)
NOTIFY_FAILING = Gauge(
    "flagging_notify_failing", "Those of them that failed at least once.", multiprocess_mode="livemostrecent"
)
NOTIFY_GIVEN_UP = Gauge(
    "flagging_notify_given_up",
    "Notifications given up: see `flagging notify list`.",
    multiprocess_mode="livemostrecent",
)
NOTIFY_AT = Gauge(
    "flagging_notify_counted_timestamp_seconds",
    "When the worker last counted them, as Unix time.",
    multiprocess_mode="livemostrecent",
)
SPOOL_FAILURES = Counter("flagging_spool_failures_total", "Lookups refused because they could not be recorded.")

# A counter that a rule watches begins at 0: one that only appeared with its first event would not seem to rise.
for _problem in ("internal-error", "cannot-confirm", "too-many-requests"):
    REFUSALS.labels(_problem)
LOOKUPS_CAPPED.labels("refused")

STEPS: Final = ("identity", "register", "matching", "policy", "ledger")
"""What a lookup goes through: reading who is asked about; looking how fresh the register is; recognising; routing and
disclosing; recording."""
_BY_STEP = tuple(STEP_SECONDS.labels(step) for step in STEPS)
# Lookups that are counted at once: each costs 10 µs to count by itself.
_COUNTED_AT_ONCE = 1_000
_NOT_COUNTED: deque[tuple[tuple[str, str, str], Sequence[int]]] = deque()


def lookup_answered(role: str, setting: str, outcome: str, took: Sequence[int]) -> None:
    """Note one lookup, and what each of its steps took (nanoseconds, in the order of STEPS), to be counted soon."""
    _NOT_COUNTED.append(((role, setting, outcome), took))
    if len(_NOT_COUNTED) >= _COUNTED_AT_ONCE:
        count_lookups()


def count_lookups() -> None:
    """Count the lookups answered since the last time: twice a second as a rule, before this process tells the metrics,
    and before it ends. Any thread may.
    """
    answered = []
    with contextlib.suppress(IndexError):  # all are taken, by whichever thread
        while True:
            answered.append(_NOT_COUNTED.popleft())
    if not answered:
        return
    labels, took = zip(*answered, strict=True)
    for each, number in Occurrences(labels).items():
        LOOKUPS.labels(*each).inc(number)
    LOOKUP_SECONDS.observe_all([sum(steps) / 1e9 for steps in took])
    for step, nanoseconds in zip(_BY_STEP, zip(*took, strict=True), strict=True):
        step.inc(sum(nanoseconds) / 1e9)

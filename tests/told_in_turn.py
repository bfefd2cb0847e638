"""Flagged lookups while mail server, webhook receiver, worker and Redis are killed in turn: is everybody told, once?

The worker is the real one, in a process of its own that is killed with SIGKILL, as is Redis. Lookups are written into
the spool as a server process does. What is asked of the receivers is what they hold in the end, by idempotency key.
"""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import orjson
from receivers import SECRET, Certificates, MailServer, WebhookReceiver
from ulid import ULID

from flagging.children import start_child, stop_child
from flagging.embedded_redis import EmbeddedRedis, start_redis
from flagging.entries import EntryKind, begin_entry
from flagging.key_file import create_key_file, load_keyring
from flagging.spool import Spool

CONFIG = Path(__file__).resolve().parents[1] / "config"
MANAGERS = 5
QUICK = {"first_retry": 0.2, "longest_retry": 1.0, "escalate_after": 3600.0, "give_up_after": 7200.0}


@dataclass
class Outcome:
    """What was due, by custody record, and what arrived, by idempotency key."""

    due: set[str] = field(default_factory=set)
    by_email: set[str] = field(default_factory=set)
    by_webhook: set[str] = field(default_factory=set)
    keys: int = 0
    sent_again: int = 0
    seconds: float = 0.0


class Turmoil:
    """One installation's worker, Redis and receivers, each of which can be killed."""

    def __init__(self, directory: Path, mail_port: int, hook_port: int) -> None:
        self.directory = directory
        certificates = Certificates(directory)
        self.mail, self.hook = MailServer(certificates, mail_port), WebhookReceiver(certificates, hook_port)
        self.redis: EmbeddedRedis = start_redis(directory / "redis")
        self._write_config()
        self._write_list()
        (directory / "secret").write_bytes(SECRET)
        create_key_file(directory / "keys.json")
        self.spool = Spool(directory / "state" / "spool", load_keyring(directory / "keys.json"))
        self.worker = None
        self.environ = os.environ | {
            "FLAGGING_REDIS_URL": self.redis.url,
            "FLAGGING_MASTER_LIST": str(directory / "list.csv"),
            "FLAGGING_STATE_DIR": str(directory / "state"),
            "FLAGGING_KEY_FILE": str(directory / "keys.json"),
            "FLAGGING_CONFIG_DIR": str(directory / "config"),
            "FLAGGING_SMTP_URL": self.mail.url,
            "FLAGGING_SMTP_CA_FILE": str(certificates.ca_file),
            "FLAGGING_WEBHOOK_URL": self.hook.url,
            "FLAGGING_WEBHOOK_SECRET_FILE": str(directory / "secret"),
            "FLAGGING_WEBHOOK_CA_FILE": str(certificates.ca_file),
        }

    def __enter__(self) -> Self:
        self.mail.start()
        self.hook.start()
        self.start_worker()
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()
        if self.worker is not None:
            stop_child(self.worker, 30)
        self.mail.stop()
        self.hook.stop()
        self.redis.stop()

    def start_worker(self) -> None:
        log = self.directory / "worker.log"
        self.worker = start_child([sys.executable, "-m", "flagging", "worker"], environ=self.environ, log=log)

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker.wait(30)

    def kill_redis(self) -> None:
        self.redis.server.kill()
        self.redis.server.wait(30)

    def recognise(self, number: int, due: set[str]) -> None:
        """Record so many people recognised, each under a custody record of their own."""
        for _ in range(number):
            reference = f"F1/{len(due):06}/26"
            due.add(reference)
            self.spool.append(orjson.dumps(_entry(reference, f"T-{len(due) % MANAGERS}")))

    def arrived(self) -> Outcome:
        told = [_reference(message.get_payload(decode=True).decode()) for message in list(self.mail.taken.values())]
        hooked = [each["client_reference"] for each in list(self.hook.taken.values())]
        assert len(told) == len(set(told)), "a person was written of twice, under two keys"
        assert len(hooked) == len(set(hooked)), "a person was posted twice, under two keys"
        times = [*self.mail.times.values(), *self.hook.times.values()]
        return Outcome(by_email=set(told), by_webhook=set(hooked), keys=len(times), sent_again=sum(times) - len(times))

    def await_arrived(self, number: int, patience: float) -> None:
        """Wait until so many messages have arrived by either way."""
        self._await(lambda: min(len(self.mail.taken), len(self.hook.taken)) >= number, patience)

    def await_some_more(self, patience: float) -> None:
        """Wait until deliveries are under way again."""
        before = len(self.mail.times) + len(self.hook.times)
        self._await(lambda: len(self.mail.times) + len(self.hook.times) > before, patience)

    def _await(self, is_so: Callable[[], bool], patience: float) -> None:
        deadline = time.monotonic() + patience
        while not is_so():
            if time.monotonic() > deadline:
                log = (self.directory / "worker.log").read_text(encoding="utf-8")
                raise AssertionError(f"{len(self.mail.taken)} mails, {len(self.hook.taken)} posts; {log[-3000:]}")
            time.sleep(0.02)

    def _write_config(self) -> None:
        (self.directory / "config").mkdir()
        for path in CONFIG.iterdir():
            if path.is_file():
                (self.directory / "config" / path.name).write_bytes(path.read_bytes())
        place = self.directory / "config" / "notify.toml"
        text = place.read_text(encoding="utf-8").replace('"contact"]', '"contact", "client_reference"]')
        for name, seconds in QUICK.items():
            text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {seconds}", text)
        place.write_text(text, encoding="utf-8")

    def _write_list(self) -> None:
        head = "ppo_ref,status,family_name,given_names,date_of_birth,home_ocu,statutory,probation_om_name,probation_om_email"
        rows = [
            f"T-{n},active,Thistledown,Rufus{'abcde'[n]},1991-11-3{n % 2},F1,true,Officer {n},om{n}@probation.example"
            for n in range(MANAGERS)
        ]
        (self.directory / "list.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")


def kill_in_turn(turmoil: Turmoil, lookups: int, patience: float = 120.0) -> Outcome:
    """Recognise people in five bouts, with something killed under each; return what was due and what arrived."""
    began, due, bout = time.monotonic(), set[str](), lookups // 5
    turmoil.recognise(bout, due)
    turmoil.await_some_more(patience)
    turmoil.kill_worker()
    turmoil.recognise(bout, due)
    turmoil.start_worker()
    turmoil.await_some_more(patience)
    turmoil.mail.stop()
    turmoil.recognise(bout, due)
    turmoil.await_some_more(patience)
    turmoil.kill_worker()
    turmoil.mail.start()
    turmoil.start_worker()
    turmoil.await_some_more(patience)
    turmoil.hook.stop()
    turmoil.kill_redis()
    turmoil.recognise(bout, due)
    turmoil.await_some_more(patience)
    turmoil.redis.start()
    turmoil.hook.start()
    turmoil.recognise(lookups - len(due), due)
    turmoil.await_arrived(lookups, patience + lookups / 10)
    found = turmoil.arrived()
    found.due, found.seconds = due, time.monotonic() - began
    return found


def _entry(reference: str, ref: str) -> dict[str, object]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    question = {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1", "person": {}}
    return begin_entry(EntryKind.LOOKUP) | {
        "lookup_id": str(ULID()),
        "at": at,
        "caller": "c-1",
        "role": "custody",
        "question": question | {"client_reference": reference},
        "outcome": "flagged",
        "refs": [ref],
        "handles": {"ab12cd34": ref},
    }


def _reference(text: str) -> str:
    return re.search(r"Their reference:  (\S+)", text)[1]


def as_json(outcome: Outcome) -> str:
    return json.dumps(
        {
            "due": len(outcome.due),
            "by_email": len(outcome.by_email),
            "by_webhook": len(outcome.by_webhook),
            "keys": outcome.keys,
            "sent_again_under_the_same_key": outcome.sent_again,
            "seconds": round(outcome.seconds, 1),
        }
    )

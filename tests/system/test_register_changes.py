"""What an administrator changes in a register that a worker keeps and a server answers from: for real, end to end."""

import json
import os
from collections.abc import Iterator

import pytest
from installation import Installation, arrest, installed
from listed_people import EVERYBODY, PPO, asked

from flagging.precedence import BEHIND_SERVERS

GONE = EVERYBODY[-1]["ppo_ref"]
SETTINGS = {"FLAGGING_SYNC_SECONDS": "0.3", "FLAGGING_GUARD_COUNT_DROP": "0.3"}  # one of five may drop out


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose worker looks at its list several times a second."""
    directory = tmp_path_factory.mktemp("changes")
    with installed(directory, "custody", "administrator", processes=1, settings=SETTINGS) as there:
        yield there


def register(there: Installation) -> dict:
    return there.call("GET", "/v1/register", role="administrator").body


def outcome(there: Installation, person: dict) -> str:
    return there.call("POST", "/v1/lookups", arrest(asked(person)), "custody").body["outcome"]


def test_the_worker_gives_way_to_the_servers(there: Installation):
    """Where they are given the same priority, threads of servers wait for a processor while a list is worked through."""
    niceness = {name: os.getpriority(os.PRIO_PROCESS, there.running[name].pid) for name in ("worker", "serve")}
    assert niceness["worker"] == min(19, niceness["serve"] + BEHIND_SERVERS)


def await_edition(there: Installation, number: int) -> None:
    there.await_answer(f"edition {number}", lambda: register(there)["edition"] == number)


def test_an_administrator_goes_back_and_the_worker_leaves_it_so_until_another_list_arrives(there: Installation):
    there.write_list([*EVERYBODY, PPO | {"ppo_ref": "SYS-9000", "family_name": "Newcomer", "pnc_id": ""}])
    await_edition(there, 2)
    assert there.run("register", "rollback", "1", "--reason", "SYS-9000 is a test entry").returncode == 0
    await_edition(there, 1)
    checked_at = register(there)["checked_at"]
    there.await_answer("the list is checked again and again", lambda: register(there)["checked_at"] > checked_at)
    told = register(there)
    assert (told["edition"], told["holds"], told["last_sync"]["result"]) == (1, True, "unchanged")
    assert outcome(there, PPO) == "flagged"
    there.write_list([*EVERYBODY[:-1], EVERYBODY[-1] | {"given_names": "Another"}])
    await_edition(there, 3)
    assert register(there)["holds"] is False


def test_a_refused_list_is_told_of_and_mended_it_is_not_any_more(there: Installation):
    edition = register(there)["edition"]
    there.write_list(EVERYBODY[:1])
    there.await_answer("it is refused", lambda: register(there)["last_sync"]["guard"] == "count_drop")
    told = register(there)
    assert (told["edition"], told["last_sync"]["report"]["counts"]["listed"]) == (edition, 1)
    assert 'flagging_list_refused{guard="count_drop"} 1.0' in there.call("GET", "/metrics").body
    there.write_list(EVERYBODY)
    there.await_answer("it is mended", lambda: register(there)["last_sync"]["result"] in ("unchanged", "published"))
    told = register(there)["last_sync"]
    assert (told["guard"], told["reason"], told["counts"]["listed"]) == (None, None, len(EVERYBODY))
    there.await_answer(
        "the metric says so", lambda: 'refused{guard="count_drop"} 0.0' in there.call("GET", "/metrics").body
    )


def test_a_person_absent_from_the_list_is_former_once_an_administrator_says_so(there: Installation):
    there.write_list(EVERYBODY[:-1])
    there.await_answer("somebody is missing", lambda: register(there)["counts"]["missing"] == 1)
    done = there.run("register", "confirm-removal", GONE, "--reason", "moved abroad", "--operator", "A-17")
    assert done.returncode == 0, done.stderr
    there.await_answer("nobody is missing", lambda: register(there)["counts"]["missing"] == 0)
    assert outcome(there, EVERYBODY[-1]) == "former"
    shown = json.loads(there.run("register", "show", "--json").stdout)
    assert next(each for each in shown["reports"] if each["removed"])["removed"] == [GONE]


def test_whoever_asked_minutes_before_a_person_was_added_is_told_to_look_again(there: Installation):
    late = PPO | {"ppo_ref": "SYS-9001", "family_name": "Larkspur", "given_names": "Ottoline", "pnc_id": ""}
    late |= {"date_of_birth": "1990-03-04", "aliases": ""}
    assert outcome(there, late) == "not_on_register"
    assert there.call("GET", "/v1/alerts", role="custody").body == {"alerts": []}
    there.write_list([*EVERYBODY[:-1], late])
    alerts = there.await_answer("an alert", lambda: there.call("GET", "/v1/alerts", role="custody").body["alerts"])
    assert [(alert["operator"], alert["ocu"]) for alert in alerts] == [("4711", "F1")]
    assert outcome(there, late) == "flagged"
    there.await_answer("it is over", lambda: not there.call("GET", "/v1/alerts", role="custody").body["alerts"])

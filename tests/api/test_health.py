"""Alive, ready, well: each says what it means; and the metrics, all of them, without a personal value."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families
from service import ASKED_MAYBE, ASKED_PPO, ASKED_STRANGER, nothing_held, question

from flagging import metrics
from flagging.api.answer_schemas import HealthSchema
from flagging.app import measure, measure_keys
from flagging.key_file import FollowedKeys, add_key
from flagging.register.servers import key_channel
from flagging.spool import Spool


def break_register(service, tmp_path):
    service.parts.register.held = nothing_held()


def age_register(service, tmp_path):
    service.pass_time(86400 + 60)


def break_access(service, tmp_path):
    service.parts.access.book = None


def break_spool(service, tmp_path):
    place = tmp_path / "a file in its place"
    place.write_bytes(b"")
    spool = Spool(place, service.keyring)
    spool.close()
    service.swap(spool=spool)


NOT_READY = {
    "no register": (break_register, "register"),
    "register too old": (age_register, "register"),
    "callers unknown": (break_access, "access"),
    "spool unwritable": (break_spool, "spool"),
}


def test_a_sound_process_is_ready_and_says_so_in_words(service):
    ready = service.get("/health/ready")
    assert (ready.status_code, ready.get_json()) == (200, {"status": "ready"})
    told = service.get("/health").get_json()
    assert told["status"] == "ready"
    assert told["components"].keys() == {
        "register",
        "redis",
        "access",
        "spool",
        "follower",
        "keys",
        "replica",
        "ledger",
    }
    assert told["components"]["register"].startswith("edition ")
    assert told["components"]["redis"] == "within reach"


@pytest.mark.parametrize(("break_it", "missing"), NOT_READY.values(), ids=NOT_READY)
def test_a_process_is_ready_only_if_a_lookup_would_be_answered(break_it, missing, service, tmp_path):
    break_it(service, tmp_path)
    response = service.get("/health/ready")
    assert response.status_code == 503
    assert response.get_json() == {"status": "not ready", "missing": [missing]}
    assert HealthSchema().validate(response.get_json()) == {}
    assert service.get("/health/live").status_code == 200
    if missing != "spool":  # the lookup room keeps a spool of its own here
        assert service.post(question(person=ASKED_PPO)).status_code == 503


@pytest.mark.parametrize(("break_it", "missing"), NOT_READY.values(), ids=NOT_READY)
def test_health_is_for_people_always_there_and_names_what_is_amiss(break_it, missing, service, tmp_path):
    well = service.get("/health").get_json()["components"]
    break_it(service, tmp_path)
    response = service.get("/health")
    assert response.status_code == 200
    told = response.get_json()
    assert HealthSchema().validate(told) == {}
    assert told["status"] == "not ready"
    assert told["components"][missing] != well[missing]


def test_a_stale_register_is_ready_as_it_still_names_people(service):
    service.pass_time(3700)
    assert service.get("/health/ready").status_code == 200
    assert ", stale, checked 37" in service.get("/health").get_json()["components"]["register"]


def test_without_redis_a_process_is_ready_and_says_what_is_wrong(service):
    register = service.parts.register
    register.held = replace(register.held, trouble="Redis: ConnectionError")
    assert service.get("/health/ready").status_code == 200
    assert service.get("/health").get_json()["components"]["redis"] == "out of reach: Redis: ConnectionError"


def test_a_follower_that_ended_is_told(service):
    service.parts.follower.stop()
    told = service.get("/health").get_json()["components"]["follower"]
    service.parts.follower.start()
    assert told.startswith("stopped")
    assert service.get("/health").get_json()["components"]["follower"] == "running"


def add_a_key(keys):
    add_key(keys.path, datetime.now(UTC))


def lose_the_file(keys):
    keys.path.unlink()


@pytest.mark.parametrize(
    ("change", "told", "is_behind"),
    [
        (lambda _: None, "{old} in use", 0),
        (add_a_key, "{new} in use, with {old} until the rotation is ended", 0),
        (lose_the_file, "the key file has changed and cannot be used: the log says why", 1),
    ],
    ids=["as it was", "another key", "lost"],
)
def test_the_keys_in_use_and_a_key_file_that_cannot_be_used_are_told(change, told, is_behind, service, tmp_path):
    shutil.copy(service.parts.keys.path, tmp_path / "keys.json")
    keys = FollowedKeys(tmp_path / "keys.json")
    service.swap(keys=keys)
    old = keys.keyring.key_id
    change(keys)
    keys.look()
    words = service.get("/health").get_json()["components"]["keys"]
    assert words == told.format(old=old, new=keys.keyring.key_id)
    measure_keys(service.parts.register, keys)
    assert REGISTRY.get_sample_value("flagging_key_file_behind") == is_behind
    assert service.get("/health/ready").status_code == 200


def test_a_process_without_the_key_that_the_register_is_sealed_with_says_so_and_answers(service):
    register = service.parts.register
    manifest = replace(register.held.edition.manifest, key_id="k-newer")
    register.held = replace(register.held, edition=replace(register.held.edition, manifest=manifest))
    words = service.get("/health").get_json()["components"]["keys"]
    assert words == "key k-newer is missing: copy the key file here before its rotation is ended"
    measure_keys(register, service.parts.keys)
    assert REGISTRY.get_sample_value("flagging_key_file_behind") == 1
    assert service.ask(person=ASKED_PPO)["outcome"] == "flagged"


# -- metrics ---------------------------------------------------------------------------------------------------------


def families(service):
    response = service.get("/metrics")
    assert response.content_type.startswith("text/plain")
    return {family.name: family for family in text_string_to_metric_families(response.text)}


def test_every_metric_that_is_declared_is_on_the_page_documented(service):
    declared = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    assert len(declared) >= 11
    told = families(service)
    for metric in declared:
        (described,) = metric.describe()
        assert told[described.name].documentation == described.documentation
        assert described.name.startswith("flagging_")


def test_no_label_carries_anything_of_a_question_or_an_answer(service):
    marked = {"family_name": "Zzmarked", "given_names": "Ashley", "date_of_birth": "1994-07-23", "postcode": "B1 1AA"}
    for person in (ASKED_PPO, ASKED_MAYBE, marked):
        service.post(question(person=person, operator="zz-operator", client_reference="zz-reference"))
    service.post(question(purpose="zz-purpose"))
    service.post(question(setting="zz-setting"))
    service.get("/zz-path")
    page = service.get("/metrics").text.lower()
    for value in (
        "zz",
        "quillfeather",
        "171310w",
        "tst-0001",
        "1994-07-23",
        "b1 1aa",
        service.tokens["custody"].lower(),
    ):
        assert value not in page
    labels = {
        (name, value)
        for family in families(service).values()
        if family.name.startswith("flagging_")
        for sample in family.samples
        for name, value in sample.labels.items()
    }
    assert {name for name, _ in labels} <= {
        "role", "setting", "outcome", "problem", "le", "guard", "what", "kind", "reason", "step", "effect",
            "version", "compiled",
    }  # fmt: skip


def test_a_refusal_is_counted_by_its_problem(service):
    def counted():
        return REGISTRY.get_sample_value("flagging_refusals_total", {"problem": "invalid-question"}) or 0

    before = counted()
    service.post({})
    assert counted() == before + 1


def gauges():
    return {
        name: REGISTRY.get_sample_value(f"flagging_register_{name}")
        for name in ("age_seconds", "list_timestamp_seconds", "stale", "replica")
    }


def test_the_gauges_of_the_register_follow_it_without_anybody_asking(service):
    register = service.parts.register
    measure(register)
    assert (
        gauges().items()
        >= {"stale": 0, "replica": 0, "list_timestamp_seconds": register.held.vouched.list_dated}.items()
    )
    service.pass_time(3700)
    measure(register)
    assert gauges().items() >= {"stale": 1, "replica": 1}.items()
    assert 3700 <= gauges()["age_seconds"] < 4000


def test_with_nothing_held_the_gauges_raise_the_alarm(service):
    service.parts.register.held = nothing_held()
    measure(service.parts.register)
    assert gauges().items() >= {"stale": 1, "replica": 1}.items()


def test_the_follower_keeps_keys_callers_register_and_gauges_up_to_date(service):
    keys, register, access = service.parts.keys, service.parts.register, service.parts.access
    looks = service.parts.follower.looks
    assert looks[:4] == [keys.look, access.look, register.look, service.parts.replica.look]
    assert service.parts.follower.badge() == key_channel(keys.keyring.key_id)
    for seconds, is_stale in ((0, 0), (3700, 1)):
        service.pass_time(seconds)
        looks[4]()
        assert gauges()["stale"] == is_stale


def test_an_unknown_person_leaves_only_counts_behind(service):
    service.ask(person=ASKED_STRANGER)
    page = service.get("/metrics").text
    assert 'flagging_lookups_total{outcome="not_on_register",role="custody",setting="arrest"}' in page

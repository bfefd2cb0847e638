"""Rivals who are not scored count by the most they may come to: no answer changes, and they are never made light of."""

import random

import pytest
from matching_people import person, register
from sweeps import first_of
from test_matching_bound import crowd, told

from flagging.errors import OutOfTime
from flagging.matching import score
from flagging.matching.candidates import Candidates
from flagging.matching.decision import Settled, decide, settle
from flagging.matching.odds import Odds, weigh
from flagging.matching.rivals import sum_up, weigh_rest
from flagging.matching.rows import bits_of
from flagging.matching.search import _Telling, search

NEVER = lambda: False  # noqa: E731


def whole_crowd(seed, size):
    """People who are told of, among many who bear a name or a date like theirs."""
    return [each for each in crowd(seed, size) if each.personas[0].name and each.personas[0].born]


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", first_of(range(6)))
def test_no_answer_changes_when_rivals_are_left_unscored(ask, monkeypatch, seed):
    people = whole_crowd(seed, 400)
    index = register(*people, strangers=3000)
    questions = random.Random(seed).sample(people, 30) + crowd(seed + 100, 20)
    weighed = [ask(question, index) for question in questions]
    monkeypatch.setattr(Candidates, "rest", score_all)
    scored = [ask(question, index) for question in questions]
    assert [told(result) for result in weighed] == [told(result) for result in scored]


def score_all(candidates):
    worth = {each.record.ppo_ref for each in candidates.worth_scoring()}
    return [each for each in candidates.all() if each.record.ppo_ref not in worth], []


@pytest.mark.parametrize("seed", first_of(range(4)))
def test_nobody_unscored_comes_to_more_than_was_reckoned(model, seed):
    people = whole_crowd(seed, 200)
    index = register(*people, strangers=1000)
    for asked in random.Random(seed).sample(people, 20):
        alone = asked._replace(personas=asked.personas[:1], postcode=None)
        candidates = Candidates(alone, index, model, NEVER)
        (bound,) = candidates._bounds
        for row in rows_retrieved(candidates):
            rivals, to_score = weigh_rest(bound, bits_of([row]), [])
            weighed = weigh(candidates._scorer.score(index.records[row]), model, index)
            if not to_score:
                most = sum_up(rivals)
                assert most.likeliest >= weighed.demographic * (1 - 1e-9)
                assert most.together >= Odds([weighed], model, index)._demographic_sum * (1 - 1e-9)


def rows_retrieved(candidates):
    likely = candidates._likely
    return [row for row in range(len(candidates._scorer.index)) if likely >> row & 1]


@pytest.mark.interpreted
def test_rivals_far_behind_somebody_who_agrees_throughout_are_not_scored(ask, monkeypatch):
    others = [person(given, "Szczepanski", "1951-04-23") for given in ("Peter", "Mohammed", "Anthony", "Leslie")]
    index = register(person("John", "Szczepanski", "1987-11-09"), *others, strangers=300)
    scored = []
    score_one = score.Scorer.score
    monkeypatch.setattr(
        score.Scorer, "score", lambda self, record: scored.append(record.ppo_ref) or score_one(self, record)
    )
    result = ask(person("John", "Szczepanski", "1987-11-09"), index)
    assert [match.record.ppo_ref for match in result.matches] == ["R0"]
    assert scored == ["R0"]


@pytest.mark.interpreted
def test_rivals_who_may_decide_are_scored_the_likeliest_first_and_no_more_of_them_than_it_takes(monkeypatch, model):
    people = whole_crowd(1, 400)
    index = register(*people, strangers=3000)
    batches = []
    score_rivals = Candidates.score
    monkeypatch.setattr(
        Candidates, "score", lambda self, rivals: batches.append([*rivals]) or score_rivals(self, rivals)
    )
    left = []
    tell_beside = _Telling.tell_beside
    monkeypatch.setattr(
        _Telling, "tell_beside", lambda self, rivals: left.append([*rivals]) or tell_beside(self, rivals)
    )
    was_enough = False
    for asked in people[:60]:
        batches.clear()
        left.clear()
        search(asked, index, model, NEVER)
        for batch, rest in zip(batches, left[1:], strict=True):
            assert min(each.together for each in batch) >= max([each.together for each in rest], default=0.0)
        was_enough = was_enough or bool(batches and left[-1])
    assert was_enough


@pytest.mark.parametrize("seed", first_of(range(4)))
def test_nobody_of_whom_nothing_is_settled_would_be_told_beside_any_rivals(model, seed):
    people = crowd(seed, 200)
    index = register(*people, strangers=1000)
    chance = random.Random(seed)
    passed_over = 0
    for asked in chance.sample(people, 20):
        weighed = [weigh(each, model, index) for each in Candidates(asked, index, model, NEVER).all()]
        for each in weighed:
            if settle(each, model) is None:
                passed_over += 1
                beside = [each, *chance.sample(weighed, chance.randint(0, len(weighed)))]
                assert decide(Settled(each.candidate), 0, Odds(beside, model, index), model) is None
    assert passed_over


def test_rivals_who_lack_part_of_the_name_or_bear_it_divided_otherwise_are_scored(model):
    told, lacking, divided, far = (
        person("John Peter", "Smith", "1987-11-09"),
        person("", "Smith", "1987-11-09"),
        person("John", "Peter Smith", "1987-11-08"),
        person("Anthony", "Smith", "1951-04-23"),
    )
    candidates = Candidates(told, register(told, lacking, divided, far, strangers=300), model, NEVER)
    (bound,) = candidates._bounds
    rivals, to_score = weigh_rest(bound, bits_of(range(4)), [])
    assert ({*to_score}, [each.row for each in rivals]) == ({0, 1, 2}, [3])


def test_weighing_rivals_ends_where_time_is_up(model):
    told = person("John", "Smith", "1987-11-09")
    candidates = Candidates(told, register(told, person("John", "Smith", "1951-04-23")), model, NEVER)
    (bound,) = candidates._bounds
    bound.look = raise_out_of_time
    with pytest.raises(OutOfTime):
        weigh_rest(bound, bits_of([1]), [])


def raise_out_of_time():
    raise OutOfTime("rivals were left unweighed")

"""Rivals who are not scored count by the most they may come to: no answer changes, and they are never made light of."""

import random

import pytest
from matching_people import person, register
from sweeps import first_of
from test_matching_bound import crowd, told

from flagging.errors import OutOfTime
from flagging.matching import score
from flagging.matching.candidates import Candidates
from flagging.matching.odds import Odds, weigh
from flagging.matching.rivals import sum_up, weigh_rest
from flagging.matching.rows import bits_of

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

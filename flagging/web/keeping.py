"""Keeping answers for whoever is signed in, and finding them again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from flagging.web.arrival_list import ArrivalList
from flagging.web.asking import Answered
from flagging.web.gate import browser
from flagging.web.parts import parts

T = TypeVar("T")


def keep(answers: Iterable[Answered]) -> bool:
    """Keep answers until their person signs out; tell whether they can be found again."""
    session = browser().signed_in
    by_id = {answer.answer_id: answer.to_dict() for answer in answers if answer.answer_id}
    return session is not None and bool(by_id) and parts().answers.keep(session, by_id)


def find_kept(answer_id: str) -> Answered | None:
    """Return an answer given in this session; None if there is none of that id, whoever else may have one."""
    session = browser().signed_in
    if session is None or not answer_id:
        return None
    return _made(Answered.from_dict, parts().answers.find(session, answer_id))


def find_each_kept(answer_ids: Sequence[str]) -> dict[str, Answered]:
    """Return by id those of the answers that were given in this session."""
    session = browser().signed_in
    found = {} if session is None else parts().answers.find_each(session, answer_ids)
    made = {answer_id: _made(Answered.from_dict, document) for answer_id, document in found.items()}
    return {answer_id: answered for answer_id, answered in made.items() if answered is not None}


def keep_list(listed: ArrivalList) -> bool:
    """Keep a list of arrivals and each of its answers, as `keep` does."""
    session = browser().signed_in
    answers = {row.answered.answer_id: row.answered.to_dict() for row in listed.rows if row.answered}
    documents = {answer_id: document for answer_id, document in answers.items() if answer_id}
    return session is not None and parts().answers.keep(session, documents | {listed.list_id: listed.to_dict()})


def find_list(list_id: str) -> ArrivalList | None:
    """Return a list of arrivals of this session, as `find_kept` does."""
    session = browser().signed_in
    return None if session is None else _made(ArrivalList.from_dict, parts().answers.find(session, list_id))


def _made(make: Callable[[dict[str, Any]], T], found: dict[str, Any] | None) -> T | None:
    """Make what was kept into what it is; None where it is something else, or of another version of the service."""
    try:
        return None if found is None else make(found)
    except (KeyError, TypeError, ValueError):
        return None

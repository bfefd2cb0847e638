"""The record of one lookup, as it goes into the spool: who asked what, when, why, and what was disclosed.

It holds personal values and is only ever written sealed. What it holds follows section 62 of the Data Protection
Act 2018 (logs of consultation and disclosure: justification, date and time, who).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from flagging.access.caller import Caller
from flagging.answer_digest import digest_of_answer
from flagging.entries import EntryKind, begin_entry
from flagging.lookup.finding import Found
from flagging.lookup.question import Question
from flagging.matching.derived import MATCHING_VERSION
from flagging.policy.answer import Answer
from flagging.policy.disclosure import Disclosure


def lookup_entry(
    question: Question, caller: Caller, found: Found, answer: Answer, disclosure: Disclosure, told: Mapping[str, Any]
) -> bytes:
    """Return one entry as JSON; `told` is what the caller is answered."""
    handles = {match.handle: match.ppo_ref for match in answer.matches}
    entry = begin_entry(EntryKind.LOOKUP) | {
        "lookup_id": answer.lookup_id,
        "at": answer.answered_at,
        "caller": caller.caller_id,
        "role": caller.role,
        "question": question,
        "searched_on": answer.searched_on,
        "outcome": answer.outcome,
        "route": answer.referral.route,
        "rule": answer.referral.rule,
        "register": told["register"],
        "matching_version": MATCHING_VERSION,
        "refs": disclosure.refs,
        "fields": disclosure.fields,
        "handles": handles,
        "answer": digest_of_answer(told),
    }
    if found.levels_withheld:
        entry["levels_withheld"] = sorted(found.levels_withheld)
    if found.unconfirmed:
        entry["unconfirmed"] = found.unconfirmed.name.lower()
    return orjson.dumps(entry)

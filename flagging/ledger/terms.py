"""What an entry is found by, in words that several spellings share. Pure; the words leave only as keyed digests.

A word of a name is found by itself, by other forms of it (William, Bill) and by what sounds alike; a date of birth by
as much of it as is asked, and with day and month swapped; an identifier by what all its spellings share.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from flagging.errors import QuestionInvalid
from flagging.identity.names import read_name
from flagging.identity.person import BirthDate, Identity, Persona, PersonName
from flagging.lookup.question import AskedAlias, AskedPerson, canonicalise
from flagging.matching.name_forms import forms_of
from flagging.matching.tokens import codes_of

_CACHED_WORDS = 1 << 14


def terms_of(entry: Mapping[str, Any]) -> set[str]:
    """Return all that an entry is found by: whoever asked, whoever was asked about, whose records it concerned."""
    question = _mapping(entry.get("question"))
    operators = (entry.get("operator"), question.get("operator"))
    terms = {operator_term(operator) for operator in operators if isinstance(operator, str) and operator.strip()}
    if isinstance(entry.get("caller"), str):
        terms.add(caller_term(entry["caller"]))
    handles = _mapping(entry.get("handles"))
    terms |= {handle_term(handle) for handle in handles}
    terms |= {ref_term(ref) for ref in (*(entry.get("refs") or ()), *handles.values()) if isinstance(ref, str)}
    person = _mapping(question.get("person"))
    if person:
        terms |= set(_person_terms(person, _day(entry.get("at"))))
    return terms


def caller_term(caller: str) -> str:
    return f"caller:{caller.strip().casefold()}"


def operator_term(operator: str) -> str:
    return f"operator:{''.join(operator.split()).casefold()}"


def ref_term(ref: str) -> str:
    return f"ref:{ref.strip().casefold()}"


def handle_term(handle: str) -> str:
    return f"handle:{handle.strip().casefold()}"


def identifier_term(key: str) -> str:
    return f"identifier:{key}"


@lru_cache(maxsize=_CACHED_WORDS)
def word_terms(word: str) -> frozenset[str]:
    """Return the terms of one word of a name; two words meet when they share one."""
    forms = forms_of(word, is_given=True) | forms_of(word, is_given=False)
    return frozenset({*(f"name:{form}" for form in forms), *(f"sound:{code}" for code in codes_of(word))})


def words_of(name: PersonName | None) -> tuple[str, ...]:
    return () if name is None else (*name.given, *name.family)


def birth_terms_sought(born: BirthDate) -> set[str]:
    """Return the terms by which a date is sought: as much as is known of it, and with day and month swapped."""
    return {_born(born.year, born.month, born.day), _born(born.year, *_swapped(born))}


def _person_terms(person: Mapping[str, Any], today: date) -> Iterator[str]:
    identity = _identity(person, today)
    for persona in identity.personas:
        for word in words_of(persona.name):
            yield from word_terms(word)
        if persona.born is not None and not persona.born.year_spread:
            born = persona.born
            yield from (_born(born.year), _born(born.year, born.month), _born(born.year, born.month, born.day))
    for identifier in identity.identifiers:
        yield from map(identifier_term, identifier.keys)


def _identity(person: Mapping[str, Any], today: date) -> Identity:
    """Return the person of a question as far as it can be read; of a refused one perhaps nothing."""
    age = person.get("approximate_age")
    asked = AskedPerson(
        **_texts(person, AskedPerson),
        approximate_age=age if isinstance(age, int) else None,
        aliases=tuple(_aliases(person.get("aliases"))),
    )
    try:
        return canonicalise(asked, today).identity
    except QuestionInvalid:
        return Identity((Persona(read_name(asked.given_names, asked.family_name).name, None),))


def _aliases(aliases: Any) -> Iterable[AskedAlias]:
    for alias in aliases if isinstance(aliases, list) else ():
        yield AskedAlias(**_texts(_mapping(alias), AskedAlias))


def _texts(given: Mapping[str, Any], form: type) -> dict[str, Any]:
    """Return the texts among the fields of a form; what was refused for its type stays out."""
    known = form.__dataclass_fields__.keys() - {"aliases", "approximate_age"}  # type: ignore[attr-defined]
    return {name: value for name, value in given.items() if name in known and isinstance(value, str)}


def _born(year: int, month: int | None = None, day: int | None = None) -> str:
    parts = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    return f"born:{'-'.join(parts)}"


def _swapped(born: BirthDate) -> tuple[int | None, int | None]:
    may_be_swapped = born.month is not None and born.day is not None
    return (born.day, born.month) if may_be_swapped else (born.month, born.day)


def _day(at: Any) -> date:
    try:
        return date.fromisoformat(str(at)[:10])
    except ValueError:
        return date(1970, 1, 1)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

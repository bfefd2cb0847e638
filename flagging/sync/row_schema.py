"""One row of the master list as a marshmallow schema: what each field may say, and why a value cannot be used.

A reason never repeats the value. Must not decide what a fault costs: that is the work of `rows`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from flagging.configuration.master_list import IDENTIFIER_FIELDS, ISO, MasterListFormat, is_excel_day, read_day
from flagging.identity.birth_date import parse_birth_date
from flagging.identity.names import parse_name
from flagging.identity.person import BirthDate, Persona
from flagging.identity.postcode import parse_postcode
from flagging.identity.reading import BLANK, Unusable
from flagging.terms import Need, Scheme, Sex, Stage, Status

T = TypeVar("T")

LONGEST_VALUE = 10_000
UNDECODABLE = "holds bytes that are not of the list's encoding"
FORMULA = "is a formula"
SCIENTIFIC = "is a number that a spreadsheet has rounded"
MOST_ALIASES = 50
_LONGEST_REF = 32
_LONGEST_NAME = 200
_LONGEST_TEXT = 120
_FIRST_YEAR = 1900
_STATUSES = {"active": Status.ACTIVE, "removed": Status.FORMER}
_TRUTHS = {"true": True, "false": False}
_MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(?::00(?:\.0{1,9})?)?(?:Z|\+00:?00)?\Z")
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")
_ALIAS = re.compile(r"([^,\[\]]*)(?:,([^\[\]]*))?(?:\[([^\[\]]*)\])?")
_TELEPHONE = re.compile(r"\+?[0-9(][0-9 ()./-]{2,30}(?:(?:ext\.?|x) ?[0-9]{1,6})?", re.IGNORECASE)
_ETHNICITY = re.compile(r"[^\W_][\w ,/&()'.:-]{0,79}")
_IS_EMAIL = validate.Email(error="is not an e-mail address")


@dataclass(frozen=True, slots=True)
class Aliases:
    """The aliases that can be used, and why others cannot."""

    personas: tuple[Persona, ...] = ()
    faults: tuple[str, ...] = ()


class Parsed(fields.Field[Any]):
    """A field whose text a function turns into a value, or refuses with a ValidationError."""

    def __init__(self, parse: Callable[[str], Any], *, required: bool = False) -> None:
        super().__init__(required=required, error_messages={"required": "is missing"})
        self._parse = parse

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError("is not text")
        if len(value) > LONGEST_VALUE:
            raise ValidationError(f"is longer than {LONGEST_VALUE} characters")
        if "\N{REPLACEMENT CHARACTER}" in value:
            raise ValidationError(UNDECODABLE)
        if value.startswith(("=", "@")):
            raise ValidationError(FORMULA)
        return self._parse(value)


def build_row_schema(form: MasterListFormat, known_ocus: frozenset[str], today: date) -> Schema:
    """Return the schema of a row, to be built once per list.

    It is given the values that are not blank, each cleaned. Identifiers stay text, as their reading depends on the
    date of birth.
    """
    day = partial(_read_plausible_day, formats=form.date_formats)
    born = partial(_read_born, today=today, formats=form.date_formats)
    name, text = partial(_read_text, longest=_LONGEST_NAME), partial(_read_text, longest=_LONGEST_TEXT)
    ocu = partial(_read_ocu, known=known_ocus)
    parsers: dict[str, Callable[[str], Any]] = {
        "family_name": name,
        "given_names": name,
        "date_of_birth": born,
        "sex": partial(_read_word, words=_words_of(Sex)),
        "postcode": _read_postcode,
        "aliases": partial(_read_aliases, read_born=born),
        **dict.fromkeys(IDENTIFIER_FIELDS, str),
        "scheme": partial(_read_word, words=_words_of(Scheme)),
        "home_ocu": ocu,
        "offending_ocu": ocu,
        "ethnicity": _read_ethnicity,
        "stage": partial(_read_word, words=_words_of(Stage)),
        "statutory": partial(_read_word, words=_TRUTHS),
        **dict.fromkeys(("police_om_name", "probation_om_name"), text),
        **dict.fromkeys(("police_om_phone", "probation_om_phone"), _read_telephone),
        **dict.fromkeys(("police_om_email", "probation_om_email"), _read_email),
        "drug_treatment_need": partial(_read_word, words=_words_of(Need)),
        "drug_treatment_provider": text,
        **dict.fromkeys(("added_on", "review_on"), day),
        "removed_on": partial(_read_past_day, today=today, formats=form.date_formats),
        "updated_at": partial(_read_instant, formats=form.date_formats),
    }
    row: dict[str, fields.Field[Any]] = {
        "ppo_ref": Parsed(_read_ref, required=True),
        "status": Parsed(partial(_read_word, words=_STATUSES), required=True),
    }
    row |= {field: Parsed(parse) for field, parse in parsers.items()}
    return Schema.from_dict(row)(unknown=EXCLUDE)


def _words_of(words: type[StrEnum]) -> dict[str, StrEnum]:
    return {word.value.casefold(): word for word in words}


def _read_text(text: str, longest: int) -> str:
    if len(text) > longest:
        raise ValidationError(f"is longer than {longest} characters")
    return text


def is_rounded(text: str) -> bool:
    """Tell whether a spreadsheet took an identifier for a large number, as in `1.23E+06`: what it was is lost."""
    return _SCIENTIFIC.fullmatch(text) is not None


def _read_ref(text: str) -> str:
    """Rounded numbers are refused: many references may have become this one."""
    if is_rounded(text):
        raise ValidationError(SCIENTIFIC)
    return _read_text(text, _LONGEST_REF)


def _read_word(text: str, words: Mapping[str, T]) -> T:
    word = words.get(re.sub(r"[\s-]+", "_", text.casefold()))
    if word is None:
        raise ValidationError(f"is none of {', '.join(words)}")
    return word


def _read_ocu(text: str, known: frozenset[str]) -> str:
    if text.upper() not in known:
        raise ValidationError("is no OCU of the directory")
    return text.upper()


def _read_born(text: str, today: date, formats: tuple[str, ...]) -> BirthDate:
    """A day in a configured form, or what else is understood: ISO, whole or partial."""
    day = _read_day(text, formats)
    return _usable(parse_birth_date(day.isoformat() if day else text, today))


def _read_day(text: str, formats: tuple[str, ...]) -> date | None:
    """A spreadsheet adds midnight to a date, or leaves nothing but its number."""
    day = read_day(_MIDNIGHT.sub("", text), (*formats, ISO))
    if day is None and is_excel_day(text):
        raise ValidationError('is a spreadsheet\'s day number: date_formats in master_list.toml lacks "excel"')
    return day


def _read_postcode(text: str) -> str:
    return _usable(parse_postcode(text))


def _usable(parsed: T | Unusable) -> T:
    if isinstance(parsed, Unusable):
        raise ValidationError(parsed.reason)
    return parsed


def _read_plausible_day(text: str, formats: tuple[str, ...]) -> date:
    day = _read_day(text, formats)
    if day is None:
        raise ValidationError("is not a date in a configured form")
    if day.year < _FIRST_YEAR:
        raise ValidationError(f"is before {_FIRST_YEAR}")
    return day


def _read_past_day(text: str, today: date, formats: tuple[str, ...]) -> date:
    """From the day of a removal its time on the register is counted: one yet to come would never end."""
    day = _read_plausible_day(text, formats)
    if day > today:
        raise ValidationError("is in the future")
    return day


def _read_instant(text: str, formats: tuple[str, ...]) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return _read_plausible_day(text, formats).isoformat()


def _read_ethnicity(text: str) -> str:
    """A group or its code; it becomes a heading of the monthly figures."""
    if not _ETHNICITY.fullmatch(text):
        raise ValidationError("is not an ethnic group or its code")
    return text


def _read_telephone(text: str) -> str:
    if not _TELEPHONE.fullmatch(text):
        raise ValidationError("is not a telephone number")
    return text


def _read_email(text: str) -> str:
    return _IS_EMAIL(_read_text(text, _LONGEST_TEXT))


def _read_aliases(text: str, read_born: Callable[[str], BirthDate]) -> Aliases:
    """Read `FAMILY, Given Names [YYYY-MM-DD]; …`: each entry is one coherent identity.

    An entry without a usable name is left out; one whose date cannot be used keeps the name.
    """
    personas: dict[Persona, None] = {}
    faults = []
    for number, entry in enumerate(filter(str.strip, text.split(";")), start=1):
        parts = _ALIAS.fullmatch(entry.strip())
        family, given, born_text = parts.groups(default="") if parts else ("", "", "")
        name = parse_name(given[:_LONGEST_NAME], family[:_LONGEST_NAME])
        if isinstance(name, Unusable):
            faults.append(f"alias {number}: {'has no name' if name is BLANK else name.reason}")
            continue
        born = None
        if born_text.strip():
            try:
                born = read_born(born_text)
            except ValidationError as error:
                faults.append(f"alias {number}: date of birth {error.messages[0]}")
        personas.setdefault(Persona(name, born))
    if len(personas) > MOST_ALIASES:
        faults.append(f"more than {MOST_ALIASES} aliases: the rest is not read")
    return Aliases(tuple(personas)[:MOST_ALIASES], tuple(faults))

"""A row of the master list becomes a record, or is rejected, and everything that was left aside is told.

Owns what a fault costs. Warnings and reasons name line, reference and field; never a value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import Schema, ValidationError

from flagging.configuration.master_list import IDENTIFIER_FIELDS
from flagging.identity.identifiers import parse_identifier_list
from flagging.identity.names import parse_name
from flagging.identity.person import Identifier, IdentifierKind, Identity, Persona, PersonName
from flagging.record import Manager, Record
from flagging.sync.raw_row import RawRow
from flagging.sync.row_schema import FORMULA, LONGEST_VALUE, SCIENTIFIC, UNDECODABLE, Aliases, is_rounded
from flagging.terms import Agency, Need, Scheme, Sex, Status

_LIST_FIELDS = frozenset({"aliases", *IDENTIFIER_FIELDS})
_NAME_FIELDS = ("family_name", "given_names")
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_INVISIBLE = (
    *(0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080),
)  # fmt: skip
_CLEANED: dict[int, str | None] = {**_CONTROLS, **dict.fromkeys(_INVISIBLE)}
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_PLACEHOLDER = "is a placeholder"
_CLASSES = {
    _PLACEHOLDER: "placeholder",
    UNDECODABLE: "undecodable text",
    FORMULA: "formula",
    SCIENTIFIC: "rounded number",
}


@dataclass(frozen=True, slots=True)
class ListWarning:
    """Something of the list that was left aside or is missing; without a line it concerns the list as a whole."""

    line: int | None
    ppo_ref: str | None
    field: str
    reason: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that became a record; its ethnicity goes into the monthly figures and nowhere else."""

    line: int
    record: Record
    warnings: tuple[ListWarning, ...] = ()
    ethnicity: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be read: the field at fault, what kind of value stands there, and why it will not do."""

    line: int
    ppo_ref: str | None
    field: str
    value_class: str
    reason: str
    file: str | None = None


def parse_row(row: RawRow, schema: Schema) -> Accepted | Rejected:
    """Return the record a row stands for; `schema` is that of `build_row_schema`.

    Only a row without a usable reference, status or name is rejected; one usable name, an alias's too, or an
    identifier is enough, and placeholders count as missing. Any other fault blanks its field, with a warning.
    Control and direction characters are dropped from every value. A row whose values cannot be told apart has
    nothing usable.
    """
    given = {field: text for field, value in row.values.items() if (text := _clean(field, value)) != ""}
    loaded, faults = _load(given, schema)
    ppo_ref = loaded.get("ppo_ref")
    if row.fault:
        return Rejected(row.line, ppo_ref, "row", "unreadable", row.fault, row.file)
    for field in ("ppo_ref", "status"):
        if field in faults:
            return _reject(row, ppo_ref, field, faults[field])
    notes = [("row", row.note)] if row.note else []
    notes += faults.items()
    identity = _identity(loaded, notes)
    if not identity.identifiers and not any(persona.name for persona in identity.personas):
        field = next((each for each in _NAME_FIELDS if each in given), "family_name")
        return _reject(row, ppo_ref, field, faults.get(field, _PLACEHOLDER if field in given else "is missing"))
    record = _record(loaded, identity)
    notes += _gaps(record, {field for field, _ in notes})
    warnings = tuple(ListWarning(row.line, record.ppo_ref, field, reason, row.file) for field, reason in notes)
    return Accepted(row.line, record, warnings, loaded.get("ethnicity"), row.file)


def _clean(field: str, value: Any) -> Any:
    """Return a value as tidy text, "" where blank; what is no text stays as it is, for the schema to refuse."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        return value
    if not (value.isascii() and value.isprintable()):
        value = (value.replace("\n", ";") if field in _LIST_FIELDS else value).translate(_CLEANED)
    value = " ".join(value.split())
    if value.startswith('="') and (kept := _KEPT_AS_TEXT.fullmatch(value)):
        return kept[1].strip()  # how a spreadsheet is told to leave digits alone
    return value


def _load(given: Mapping[str, Any], schema: Schema) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that can be used, and for each of the others the reason why not."""
    try:
        return schema.load(given), {}
    except ValidationError as error:
        messages, valid = error.messages_dict, error.valid_data
        return dict(cast("Mapping[str, Any]", valid)), {field: str(reasons[0]) for field, reasons in messages.items()}


def _reject(row: RawRow, ppo_ref: str | None, field: str, reason: str) -> Rejected:
    return Rejected(row.line, ppo_ref, field, _value_class(row.values.get(field), reason), reason, row.file)


def _value_class(value: Any, reason: str) -> str:
    """Say what sort of value stands there, as it was written; never the value."""
    if value is None or value == "":
        return "blank"
    if isinstance(value, dict | list):
        return "not text"
    text = str(value)
    if text.isspace():
        return "blank"
    if not text.translate(_CLEANED).strip():
        return "control characters"
    return _CLASSES.get(reason, f"digits, {len(text)}" if text.isdecimal() else f"text of {len(text)} characters")


# -- the identity ----------------------------------------------------------------------------------------------------


def _identity(loaded: Mapping[str, Any], notes: list[tuple[str, str]]) -> Identity:
    aliases: Aliases = loaded.get("aliases", Aliases())
    notes += [("aliases", fault) for fault in aliases.faults]
    primary = Persona(_name(loaded, notes), loaded.get("date_of_birth"))
    personas = [each for each in (primary, *aliases.personas) if each.name or each.born] or [primary]
    return Identity(tuple(dict.fromkeys(personas)), tuple(_identifiers(loaded, notes)), loaded.get("postcode"))


def _name(loaded: Mapping[str, Any], notes: list[tuple[str, str]]) -> PersonName | None:
    family, given = (loaded.get(field) for field in _NAME_FIELDS)
    name = parse_name(given, family)
    words = (name.family, name.given) if isinstance(name, PersonName) else ((), ())
    for field, part in zip(_NAME_FIELDS, words, strict=True):
        if field in loaded and not part:
            notes.append((field, "placeholder"))
    return name if isinstance(name, PersonName) else None


def _identifiers(loaded: Mapping[str, Any], notes: list[tuple[str, str]]) -> Iterator[Identifier]:
    born = loaded.get("date_of_birth")
    seen: set[str] = set()
    for field in IDENTIFIER_FIELDS:
        text = _unrounded(field, loaded.get(field, ""), notes)
        identifiers, unusable = parse_identifier_list(IdentifierKind(field), text, born.year if born else None)
        notes += [(field, each.reason) for each in unusable]
        if any(identifier.verified is False for identifier in identifiers):
            notes.append((field, "check letter is wrong or missing"))
        for identifier in identifiers:
            if identifier.keys[0] not in seen:
                seen.add(identifier.keys[0])
                yield identifier


def _unrounded(field: str, text: str, notes: list[tuple[str, str]]) -> str:
    """Return a list of identifiers without those that a spreadsheet has rounded."""
    if "+" not in text:
        return text
    entries = [entry.strip() for entry in text.split(";")]
    kept = [entry for entry in entries if not is_rounded(entry)]
    if len(kept) < len(entries):
        notes.append((field, SCIENTIFIC))
    return ";".join(kept)


# -- the record ------------------------------------------------------------------------------------------------------


def _record(loaded: Mapping[str, Any], identity: Identity) -> Record:
    return Record(
        ppo_ref=loaded["ppo_ref"],
        status=loaded["status"],
        identity=identity,
        sex=loaded.get("sex", Sex.NOT_RECORDED),
        scheme=loaded.get("scheme", Scheme.PPO),
        home_ocu=loaded.get("home_ocu"),
        offending_ocu=loaded.get("offending_ocu"),
        stage=loaded.get("stage"),
        statutory=loaded.get("statutory"),
        managers=tuple(manager for agency in Agency if (manager := _manager(agency, loaded))),
        drug_treatment_need=loaded.get("drug_treatment_need", Need.UNKNOWN),
        drug_treatment_provider=loaded.get("drug_treatment_provider"),
        added_on=loaded.get("added_on"),
        review_on=loaded.get("review_on"),
        removed_on=loaded.get("removed_on"),
        updated_at=loaded.get("updated_at"),
    )


def _manager(agency: Agency, loaded: Mapping[str, Any]) -> Manager | None:
    name, telephone, email = (loaded.get(f"{agency}_om_{part}") for part in ("name", "phone", "email"))
    return Manager(agency, name, telephone, email) if name or telephone or email else None


def _gaps(record: Record, told: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what a record lacks that an answer is the poorer for, unless a warning tells already why."""
    present = {
        "date_of_birth": record.identity.personas[0].born,
        "home_ocu": record.home_ocu,
        "offending_ocu": record.offending_ocu,
    }
    yield from ((field, "is missing") for field, value in present.items() if not value and field not in told)
    if not any(manager.is_reachable for manager in record.managers):
        yield "offender_manager", "has no usable contact"
    if record.removed_on and record.status is Status.ACTIVE:
        yield "removed_on", "is given for an active person"

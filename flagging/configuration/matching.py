"""The matching policy: `config/matching.toml`, its weights, thresholds and expected share.

Owns what makes a policy valid. What the numbers mean stands in `matching.model`.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from flagging.configuration.name_table import read_name_table
from flagging.configuration.toml_file import ConfigSchema, read_toml
from flagging.matching.model import (
    COUNTED_DATE_LEVELS,
    FAMILY_LEVELS,
    GIVEN_LEVELS,
    UNMEASURED_NAME_LEVELS,
    DateLevel,
    DateWeight,
    IdentifierAgreement,
    MiddleLevel,
    Model,
    NameLevel,
    NameWeight,
    PostcodeLevel,
    Rarity,
)
from flagging.matching.name_shares import NameShares
from flagging.matching.tokens import Side

_MOST_BITS = 60.0
# Relatives asked about for each one on the register; more would say that the register hardly matters.
_MOST_RELATIVES = 100.0
_LevelT = TypeVar("_LevelT", bound=StrEnum)


def load_matching(path: Path) -> Model:
    """Read `matching.toml` and the table of names beside it. Raises ConfigurationInvalid, naming every fault."""
    loaded: dict[str, Any] = read_toml(path, _MatchingSchema())
    return _build_model(loaded, read_name_table(path.parent / loaded["rarity"]["name_table"]))


def _build_model(table: dict[str, Any], names: Mapping[tuple[str, Side], float]) -> Model:
    rarity = table["rarity"]
    return Model(
        **table["decision"],
        rarity=Rarity(
            discount=rarity["discount"],
            pseudo_people=rarity["pseudo_people"],
            typical_word=rarity["typical_word"],
            typical_year=rarity["typical_year"],
            names=NameShares(names),
        ),
        given_name=_by_level(NameLevel, table["given_name"]),
        family_name=_by_level(NameLevel, table["family_name"]),
        middle_name_bits=_by_level(MiddleLevel, table["middle_name_bits"]),
        swapped_names_bits=table["name"]["swapped_bits"],
        divided_names_bits=table["name"]["divided_bits"],
        most_given_bits=table["name"]["most_given_bits"],
        date_of_birth=_by_level(DateLevel, table["date_of_birth"]),
        identifier_bits=_by_level(IdentifierAgreement, table["identifier_bits"]),
        postcode_bits=_by_level(PostcodeLevel, table["postcode_bits"]),
    )


def _share(**more: Any) -> fields.Float:
    return fields.Float(
        validate=validate.Range(min=0, max=1, min_inclusive=False, error="must lie above 0 and at most at 1"), **more
    )


def _bits(**more: Any) -> fields.Float:
    return fields.Float(validate=validate.Range(min=-_MOST_BITS, max=_MOST_BITS), **more)


class _DecisionSchema(ConfigSchema):
    expected_share = fields.Float(
        required=True, validate=validate.Range(min=0, max=1, min_inclusive=False, max_inclusive=False)
    )
    study_register = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    twins = fields.Float(required=True, validate=validate.Range(min=0, max=_MOST_RELATIVES))
    namesakes = fields.Float(required=True, validate=validate.Range(min=0, max=_MOST_RELATIVES))
    twins_middle_bits = fields.Float(required=True, validate=validate.Range(min=0, max=_MOST_BITS))
    definite = _share(required=True)
    possible = _share(required=True)
    most_told = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=100))


class _RaritySchema(ConfigSchema):
    discount = fields.Float(required=True, validate=validate.Range(min=0, max=1))
    pseudo_people = fields.Float(required=True, validate=validate.Range(min=1))
    typical_word = _share(required=True)
    typical_year = _share(required=True)
    name_table = fields.String(required=True, validate=validate.Regexp(r"[\w-]+\.csv", error="must name a CSV file"))


class _NameWeightSchema(ConfigSchema):
    m = _share(required=True)
    u = _share(load_default=None)

    @post_load
    def _build(self, table: dict[str, float], **_: Any) -> NameWeight:
        return NameWeight(**table)


class _DateWeightSchema(ConfigSchema):
    m = _share(required=True)
    dates = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=366))
    years = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=100))

    @post_load
    def _build(self, table: dict[str, float], **_: Any) -> DateWeight:
        return DateWeight(**table)


def _table(levels: Iterable[StrEnum], make: Callable[[], fields.Field[Any]]) -> fields.Nested:
    """Return a table that must have an entry for each of these levels, and no other."""
    return fields.Nested(ConfigSchema.from_dict({level.value: make() for level in levels}), required=True)


def _name_weight() -> fields.Nested:
    return fields.Nested(_NameWeightSchema, required=True)


def _date_weight() -> fields.Nested:
    return fields.Nested(_DateWeightSchema, required=True)


def _required_bits() -> fields.Float:
    return _bits(required=True)


class _NameSchema(ConfigSchema):
    swapped_bits = _bits(required=True)
    divided_bits = _bits(required=True)
    most_given_bits = _bits(required=True)


class _MatchingSchema(ConfigSchema):
    decision = fields.Nested(_DecisionSchema, required=True)
    rarity = fields.Nested(_RaritySchema, required=True)
    given_name = _table(GIVEN_LEVELS, _name_weight)
    family_name = _table(FAMILY_LEVELS, _name_weight)
    name = fields.Nested(_NameSchema, required=True)
    middle_name_bits = _table(MiddleLevel, _required_bits)
    date_of_birth = _table(DateLevel, _date_weight)
    identifier_bits = _table(IdentifierAgreement, _required_bits)
    postcode_bits = _table(PostcodeLevel, _required_bits)

    @validates_schema(skip_on_field_errors=True)
    def _verify_shares(self, table: dict[str, Any], **_: Any) -> None:
        """Levels the register cannot measure must bring their own share."""
        for part in ("given_name", "family_name"):
            for level in UNMEASURED_NAME_LEVELS:
                if table[part][level].u is None:
                    raise ValidationError("needs u: the register does not tell it", f"{part}.{level}")
        for counted in COUNTED_DATE_LEVELS:
            weight = table["date_of_birth"][counted]
            if not weight.dates and not weight.years:
                raise ValidationError("needs dates or years: how many stand at this level", f"date_of_birth.{counted}")
        if table["decision"]["possible"] > table["decision"]["definite"]:
            raise ValidationError("must not lie above definite", "decision.possible")


def _by_level(levels: type[_LevelT], table: Mapping[str, Any]) -> Mapping[_LevelT, Any]:
    return MappingProxyType({levels(level): weight for level, weight in table.items()})

"""Reading the body of a lookup request into a `Question`, by the schemas of `lookup_schemas`.

Schemas are built once. Bodies without any fault, nearly all, are read by what `plain_bodies` compiles from them.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from flagging.access.caller import Caller
from flagging.api.lookup_schemas import AliasSchema, BatchSchema, LookupSchema, PersonSchema
from flagging.api.plain_bodies import Odd, PlainReader
from flagging.errors import Fault, QuestionInvalid
from flagging.faults import pointed
from flagging.lookup.question import Question
from flagging.policy.directory import Directory
from flagging.policy.disclosure import DisclosurePolicy
from flagging.terms import Need


def plain_reader(schema: LookupSchema) -> PlainReader:
    """Return what reads the bodies of that schema that have no fault."""
    alias, person = AliasSchema(), PersonSchema()
    read_alias = PlainReader(alias, build=alias.build)
    read_person = PlainReader(person, {AliasSchema: read_alias}, person.one_way_to_say_when_born, person.build)
    return PlainReader(schema, {PersonSchema: read_person})


class LookupReader:
    """Reads request bodies. `directory` and `disclosure` say which codes exist."""

    def __init__(self, directory: Directory, disclosure: DisclosurePolicy) -> None:
        self._lookup = LookupSchema()
        self._read_plain = plain_reader(self._lookup)
        self._batch = BatchSchema()
        self._ocus = frozenset(directory.ocus)
        self._prisons = frozenset(directory.prisons)
        self._purposes = frozenset(purpose for grant in disclosure.grants.values() for purpose in grant.purposes)

    def question(self, body: Any, caller: Caller) -> Question:
        """Return the question a body asks; raise QuestionInvalid with every fault found."""
        loaded, faults = self._load(body)
        if not loaded.get("operator") and not caller.is_system:
            loaded["operator"] = caller.name
        found = self._faults(loaded)
        if faults or found:
            told = {fault.where for fault in faults}
            raise QuestionInvalid([*faults, *(fault for fault in found if fault.where not in told)])
        # One by one: compiled, that is quicker than to hand over a dictionary.
        return Question(
            setting=loaded["setting"],
            purpose=loaded["purpose"],
            operator=loaded["operator"],
            person=loaded["person"],
            client_reference=loaded["client_reference"],
            ocu=loaded["ocu"],
            prison=loaded["prison"],
            trigger_offence=loaded["trigger_offence"],
            drug_test=loaded["drug_test"],
            assessed_need=loaded["assessed_need"] or Need.UNKNOWN,
        )

    def _load(self, body: Any) -> tuple[dict[str, Any], list[Fault]]:
        """Return what could be read of a body, and the faults of its form."""
        try:
            return self._read_plain(body), []
        except Odd:
            pass
        try:
            return self._lookup.load(body), []
        except ValidationError as error:
            faults = list(pointed(error.messages))
            if not isinstance(body, dict):
                raise QuestionInvalid(faults) from None
            readable: dict[str, Any] = error.valid_data or {}  # type: ignore[assignment] # of an object
            return readable, faults

    def batch(self, body: Any) -> list[Any]:
        """Return the items of a batch, unread; raise QuestionInvalid when the body is no batch."""
        try:
            loaded = self._batch.load(body)
        except ValidationError as error:
            raise QuestionInvalid(pointed(error.messages)) from None
        items: list[Any] = loaded["lookups"]
        return items

    def _faults(self, loaded: Mapping[str, Any]) -> list[Fault]:
        """Return what is wrong with what a body says, as far as its form could be read."""
        faults = []
        if not (loaded.get("operator") or "").strip():
            faults.append(Fault("/operator", "required: the collar or staff number of the person asking"))
        if loaded.get("purpose") not in self._purposes:
            faults.append(Fault("/purpose", f"must be one of: {', '.join(sorted(self._purposes))}"))
        setting, ocu, prison = loaded.get("setting"), loaded.get("ocu"), loaded.get("prison")
        if setting is not None and not setting.is_prison and ocu is None:
            faults.append(Fault("/ocu", "required on arrest"))
        if setting is not None and setting.is_prison and prison is None:
            faults.append(Fault("/prison", "required in prison settings"))
        for field, code, codes in (("ocu", ocu, self._ocus), ("prison", prison, self._prisons)):
            if code is not None and code not in codes:
                faults.append(Fault(f"/{field}", f"must be one of: {', '.join(sorted(codes))}"))
        return faults

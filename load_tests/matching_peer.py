"""The service's matching as a peer of the person-matching benchmark: `bench.py --peer load_tests/matching_peer.py`.

Register rows of one id are personas of one record; no weight is fitted to the development half.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flagging.configuration.matching import load_matching  # noqa: E402
from flagging.identity.names import parse_name  # noqa: E402
from flagging.identity.person import BirthDate, Identity, Persona, PersonName  # noqa: E402
from flagging.matching.derived import derive  # noqa: E402
from flagging.matching.index import CandidateIndex  # noqa: E402
from flagging.matching.search import rank  # noqa: E402
from flagging.record import Record  # noqa: E402
from flagging.terms import Status  # noqa: E402


def persona_of(row):
    name = parse_name(f"{row.get('given', '')} {row.get('middle', '')}".strip(), row.get("family", ""))
    return Persona(name if isinstance(name, PersonName) else None, born_of(row.get("dob", "")))


def born_of(text):
    parts = [int(part) for part in text.split("-")] if text.replace("-", "").isdigit() else []
    return BirthDate(*parts) if parts else None


class Matcher:
    def __init__(self, register):
        self.model = load_matching(ROOT / "config" / "matching.toml")
        self.index = CandidateIndex()
        personas = {}
        for row in register:
            personas.setdefault(row["id"], []).append(persona_of(row))
        for ref, own in personas.items():
            identity = Identity(tuple(own))
            self.index.add(Record(ref, Status.ACTIVE, identity), derive(identity))

    def match(self, query):
        ranked = rank(Identity((persona_of(query),)), self.index, self.model)
        return [(each.record.ppo_ref, each.probability) for each in ranked]

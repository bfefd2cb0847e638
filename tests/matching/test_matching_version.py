import json
import os
import subprocess
import sys
from hashlib import sha256

from matching_people import person, persona

from flagging.identity.identifiers import parse_identifiers
from flagging.identity.person import IdentifierKind
from flagging.matching.derived import MATCHING_VERSION, derive, pack_derived

# What each version derives. Different: an edition made by the old code cannot be searched by the new one. Raise
# MATCHING_VERSION, then write the new digest here (a new release of jellyfish or nicknames, or new name_forms.txt, may be the reason).
PINNED = {
    1: "9b5ace5ccd9ba05799dab26c457e2ce5c12bffc01644d282b668abaf3209b697",
    2: "3001b37db68ac0061def853976e14dcff32438cd424a57d477978a6233c80dfb",
    3: "35436be690dd3e56be5b7de0fc3523b7b851498a718c7bdda980c708add02490",
}


def digest():
    sample = person(
        "William Ángel",
        "O'Sample-Śmith",
        "1983-02-01",
        persona("J", "Kowalczyk", "1984"),
        persona("Cabdullaahi", "", "about 1990"),
        identifiers=parse_identifiers(IdentifierKind.PNC_ID, "01/171310W").identifiers,
    )
    return sha256(json.dumps(pack_derived(derive(sample))).encode()).hexdigest()


def test_what_is_derived_changes_only_with_the_version():
    assert digest() == PINNED[MATCHING_VERSION]


def test_what_is_derived_is_the_same_in_every_process():
    program = f"import sys; sys.path[:0] = {sys.path!r}; import test_matching_version as t; print(t.digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == digest()

"""Evidence from the last known postcode: a little, since people move and families share one."""

from typing import Final

from flagging.matching.model import PostcodeLevel
from flagging.terms import Level

PUBLIC_LEVEL: Final = {
    PostcodeLevel.SAME: Level.AGREES,
    PostcodeLevel.SAME_DISTRICT: Level.CLOSE,
    PostcodeLevel.DIFFERENT: Level.DIFFERS,
}
DETAIL: Final = {
    PostcodeLevel.SAME: "postcode agrees",
    PostcodeLevel.SAME_DISTRICT: "postcode district agrees",
    PostcodeLevel.DIFFERENT: "postcode differs",
}


def compare_postcodes(asked: str | None, recorded: str | None) -> PostcodeLevel | None:
    """Compare two full postcodes (`B1 1AA`); None where either is missing."""
    if asked is None or recorded is None:
        return None
    if asked == recorded:
        return PostcodeLevel.SAME
    same_district = asked.split(" ")[0] == recorded.split(" ")[0]
    return PostcodeLevel.SAME_DISTRICT if same_district else PostcodeLevel.DIFFERENT

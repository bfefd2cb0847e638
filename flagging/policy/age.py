"""Which age the rules go by, when what is stated and what is recorded may differ: adult routes never apply to a child.

On which side of 18 a date of birth stands is `identity`'s to say.
"""

from flagging.terms import Age


def combined_age(stated: Age, recorded: Age | None, *, is_definite: bool = True) -> Age:
    """The age the rules go by, of the age stated and the best match's record.

    Both known and on different sides of 18: disputed, also for a possible match, as a false age would otherwise pick
    the route. Stated unknown: the record's, but only of a definite match; a possible one may be somebody else, and
    its age is not the caller's to learn.
    """
    if recorded is None or recorded is Age.UNKNOWN:
        return stated
    if stated is Age.UNKNOWN:
        return recorded if is_definite else Age.UNKNOWN
    return stated if stated is recorded else Age.DISPUTED

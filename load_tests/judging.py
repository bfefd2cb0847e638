"""Whether an answer is right, as far as the lists of people on the register and of strangers can tell."""

FOUND = ("flagged", "possible_match")


def fault_of(outcome, *, is_known, by_identifier):
    """Return what is wrong with the outcome of a lookup, None where nothing is.

    Somebody on the register, or nobody's identifier, is never a matter of opinion. A stranger may bear the name and the
    date of birth of somebody on the register, and by name no more than a possible match may be made of somebody.
    """
    if outcome is None:
        return "no answer"
    if is_known and outcome == "not_on_register":
        return "a silent no"
    if is_known and outcome not in (("flagged",) if by_identifier else FOUND):
        return f"on the register, and told to be {outcome}"
    if not is_known and by_identifier and outcome != "not_on_register":
        return f"a stranger, and told to be {outcome}"
    return None

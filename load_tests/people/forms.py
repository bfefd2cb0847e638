"""How a name is put together: given name, what stands between, family name, by naming tradition.

Every form takes `draw(part, sex)`, which draws a name from the tradition's lists, and returns given, middle, family.
"""

# Of the people of the synthetic development register, how many have a middle name, and how many two family names.
MIDDLE_NAMED, TWO_FAMILY_NAMES = 0.40, 0.023
SIKH_NAMES = {"male": "Singh", "female": "Kaur"}
PROPHET = ("Mohammed", "Muhammad", "Mohammad", "Mohamed")


def western(draw, rng, sex):
    """Given name, often a middle name, family name, now and then two with a hyphen."""
    family = draw("family", sex)
    if rng.random() < TWO_FAMILY_NAMES:
        family = f"{family}-{draw('family', sex)}"
    given = draw("given", sex)
    return given, second(draw, rng, sex, given), family


def two_given(draw, rng, sex):
    """Given name, for many a second one of their own or their father's, family name."""
    given = draw("given", sex)
    return given, second(draw, rng, "male", given), draw("family", sex)


def prophet_first(draw, rng, sex):
    """A personal name, behind that of the Prophet for one man in three, and another personal name as family name."""
    if sex == "male" and rng.random() < 1 / 3:
        return rng.choice(PROPHET), draw("given", sex), draw("family", sex)
    return draw("given", sex), "", draw("family", sex)


def sikh(draw, rng, sex):
    """Given name, Singh or Kaur, and a clan's name for about half; for the others Singh or Kaur is the family name."""
    if rng.random() < 0.55:
        return draw("given", sex), SIKH_NAMES[sex], draw("family", sex)
    return draw("given", sex), "", SIKH_NAMES[sex]


def chain(draw, _rng, sex):
    """Own name, the father's, the grandfather's: there is no family name."""
    return draw("given", sex), draw("family", "male"), draw("family", "male")


def chinese(draw, rng, sex):
    """A given name of one syllable or two, family name."""
    first, second_syllable = draw("given", sex), draw("given", sex)
    is_two = max(len(first), len(second_syllable)) < 5 and rng.random() < 0.6
    return first + second_syllable.lower() if is_two else first, "", draw("family", sex)


def vietnamese(draw, rng, sex):
    """Given name, mostly a middle name from a short list of its own, family name."""
    return draw("given", sex), draw("middle", sex) if rng.random() < 0.8 else "", draw("family", sex)


def portuguese(draw, rng, sex):
    """Given name, often a second one, and for most two family names: the mother's, then the father's."""
    given, middle, family = two_given(draw, rng, sex)
    return given, middle, f"{draw('family', sex)} {family}" if rng.random() < 0.6 else family


def second(draw, rng, sex, given):
    """Return a second given name for as many as have one, never the first again."""
    another = draw("given", sex)
    return another if rng.random() < MIDDLE_NAMED and another != given else ""

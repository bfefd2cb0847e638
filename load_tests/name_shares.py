"""Derives `config/name_shares.csv`, how common names are, from the package Faker: run it, and put its output there.

Family names: the shares of the British population that Faker's en_GB provider gives, in percent. Given names: those
of en_GB (most given in England and Wales by decade, Office for National Statistics) without shares of their own take
the share of the same name among American men or women, or, where there is none, an even part of their list. Men are
98 % of the register, so a name's share among men counts 49 times its share among women.
"""

import csv
import sys

from faker.providers.person.en_GB import Provider as British
from faker.providers.person.en_US import Provider as American

MEN = 0.98
# Of people of one sex, how many bear a name of en_GB's list.
LISTED = 0.75
LEAST_SHARE = 0.0001


def given_shares(british, american):
    even = LISTED / len(british)
    return {name: american.get(name, even) for name in {*british, *american}}


def main():
    men = given_shares(British.first_names_male, American.first_names_male)
    women = given_shares(British.first_names_female, American.first_names_female)
    given = {name: MEN * men.get(name, 0.0) + (1 - MEN) * women.get(name, 0.0) for name in {*men, *women}}
    family = {name: percent / 100 for name, percent in British.last_names.items()}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("part", "word", "share"))
    for part, shares in (("given", given), ("family", family)):
        words = {name.lower().replace("'", ""): share for name, share in shares.items()}
        for word, share in sorted(words.items()):
            if word.isascii() and word.isalpha() and share >= LEAST_SHARE:
                out.writerow((part, word, f"{share:.5f}"))


if __name__ == "__main__":
    main()

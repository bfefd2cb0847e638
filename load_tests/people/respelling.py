"""How a name comes to be spelt otherwise by somebody who hears it, or by another way of transliterating it.

Rules, not a list of spellings: matching looks up such a list (`name_forms.py`), and whoever measures it with the same
list only measures whether it can read. A rule is `pattern>instead`, or several things instead parted by `|`; lower-case
letters are what it is tried on.
"""

import re


def rules(text):
    """Read rules that are parted by blanks."""
    parted = (each.split(">") for each in text.split())
    return tuple((re.compile(pattern), tuple(instead.split("|"))) for pattern, instead in parted)


# Spoken English: a name spelt by ear.
ENGLISH = rules(r"""
    ph>f (?<!p)f(?!f)>ph c(?=[aoukr])>k k(?=[aour])>c ck>k x>cks i(?=[bdklmnrst])>y (?<=[a-z])y(?=[a-z])>i ie$|ey$>y
    (?<=[a-z])y$>ie|ey ea>ee ee>ea ai>ay ay>ai|ey ou>ow au>aw oo>u (?<=[a-z]{3})e$> (?<=[lnrst])$>e s(?=[aeiou])>z
    z>s gh>g tt>t ll>l nn>n ss>s rr>r (?<=[aeiou])l(?=[aeiou])>ll (?<=[aeiou])n(?=[aeiou])>nn
    (?<=[aeiou])t(?=[aeiou])>tt (?<=[a-z])er>ar|or ^mac>mc ^mc>mac ^wr>r ^kn>n
""")
# Arabic and Urdu: vowels that are not written, or long or short; letters for which Latin has none.
ARABIC = rules(r"""
    aa>a (?<=[bdfhjklmnrstz])a(?=[bdfhjklmnqrstz][iu]|[bdfhjklmnqrstz]$)>aa|e ee>i
    (?<=[a-z])i(?=[bdfjklmnqrstz]$)>ee|e oo>u ou>u u(?=[bdfkmnrs])>oo|o o(?=[bdfkmnrs])>u ^u>o ^o>u kh>k|ch gh>g q>k
    k(?=[aiu])>q ay>ai|ey ai(?=[a-z])>ay|ei ey>ay|ei (?<=[a-z])h$> (?<=[^aeiou]a)$>h mm>m ss>s dd>d ll>l bb>b yy>y
    (?<=[aeiu])m(?=[aeiu])>mm (?<=[aeiu])s(?=[aeiu])>ss w(?=[aeiou])>v v>w z>dh dh>z|d th>s|t dj>j y$>i i$>y|ee
    y(?=ou)>
""")
# Arabic spelt the French way, and made English.
FRENCH_ARABIC = rules(r"""
    ch>sh dj>j ou>u|oo|w c(?=[ei])>s ss>s gu(?=[ei])>g ine$>in|een ^y(?=[ou])> k(?=h)> ed$>ad e(?=l|r)>a
""")
INDIC = rules(r"""
    v>w|b w>v ee>i (?<=[a-z])i(?=[a-z])>ee oo>u (?<=[a-z])u(?=[a-z])>oo sh>s (?<=[a-z])s(?=[aiu])>sh th>t dh>d bh>b
    kh>k gh>g ph>f f>ph jh|z>j ksh>x au>ou|o|ow ou>au|ow ch(?=a)>chh (?<=[bcdghjklmnrtv][dhjkmnrtvy])a$>
    (?<=[nrt][dkmt])$>a (?<=[dhjlmnrt])i$>y|ee y$>i|ee (?<=[^aeiou])a(?=[bdghjklmnrstv][aeiou])>aa|o aa>a ai>ei|ay
    tt>t jj>j (?<=[aeiou])h(?=[aeiou])> j(?=[aeiou])>z q>k e(?=[bdhklmnrst])>a|i
""")
# Hanyu Pinyin and Wade-Giles, the one taken for the other.
CHINESE = rules(r"""
    ^zh>ch ^x>hs|sh ^q>ch ^z(?!h)>ts ^c(?!h)>ts ^b>p ^d>t ^g>k ^j>ch ^r>j ong$>ung ian$>ien ie$>ieh ui$>wei uo$>o
    ^hs>x|sh ^ts>z|c ^ch(?=[iu])>j|q ^ch(?=[aeo])>zh ^k>g ^t(?!s)>d ^p>b ung$>ong ien$>ian ieh$>ie eh$>e ^l>r
    eng$>ang ang$>an ing$>in in$>ing ei$>ai ao$>au ^y>
""")
VIETNAMESE = rules(r"""
    uy>u|y ng>n|nh nh>n|ng ph>f ^x>s ^d>z|j ^v>b tr>t|ch gu>g uo>ou|o oa>wa ie>i|ei ie>ye qu>kw ^h> c$>k ch$>k
    ai>ay|i ^l>r u$>oo n$>ng en>an
""")
# Central and eastern Europe: letters as they are heard, or carried over without their marks in another way.
POLISH = rules(r"""
    sz>sh cz>ch rz>z|sh w>v ł>w ó>u ch>h ą>on|om ę>en ś>sh ć>ch ń>ny [żź]>zh j>y ski$>sky|skie cki$>tsky|cky ck>tsk
    yk$>ik y>i i(?=[aeo])> c(?=[ei])>ch dz>z k$>ck szcz>sch ow>ov
""")
ROMANIAN = rules(r"""
    [șş]>sh [țţ]>tz|ts ă>e [âî]>i c(?=[ei])>ch ch(?=[ei])>k j>zh escu$>esco u$>o oa>o ea>ia|e iu>yu|u ia>ya x>ks
    c(?=[aou])>k e>i (?<=[a-z])i(?=[a-z])>ee gh>g z>s
""")
TURKISH = rules(r"""
    ş>sh ç>ch ğ>gh|y \u0131>i|e ö>oe ü>ue c>j u(?=[a-z])>oo ay>ai y>i k>c lu$>loo v>w e(?=[lrn])>a oğlu>oglou d$>t t$>d
    ll>l h>
""")
BALTIC = rules(r"""
    š>sh ž>zh č>ch ė>e j>y ius$>us us$>as as$>us|es is$>ys ys$>is v>w au>ow|av k>c ņ>ny ķ>ky ļ>ly c>ts ie>y ū>oo
    ā>aa ī>ee s$> e>a
""")
SLOVAK = rules(r"""
    š>sh č>ch ž>zh ď>dy ň>ny ľ>ly ť>ty ř>rz j>y c(?=[aeikou]|$)>ts|tz ch>h v>w ský$>sky|ski ek$>eck ík$>ick k$>ck
    y>i á>aa ú>oo ie>e o>a i(?=[a-z])>y
""")
PORTUGUESE = rules(r"""
    es$>ez nh>n|ni lh>l|li ç>s ão>ao|oa|on x>sh qu>k ei>ai|e ou>o th?>tt ss>s s(?=[aeiou])>z z>s c(?=[aou])>k ig>eg
    o$>u e$>i v>b lv>v j>g g(?=[ei])>j
""")
WEST_AFRICAN = rules(r"""
    sh>s s(?=[aeiou])>sh gb>b kp>p gy>j|dj ky>ch|k kw>qu|k hy>sh ny>n nw>n|w aa>a ee>e|i oo>o|u (?<=[a-z])a$>ah
    ah$>a (?<=[a-z])e(?=[a-z])>i u(?=w)>o (?<=[aeiou])y(?=[aeiou])>i ch>c|sh ai>ay ei>ey (?<=[a-z])o(?=[a-z])>u ɔ>o
    ε>e oluwa>oluw|olua ts>c k(?=[aou])>c ff>f
""")

RULES = {
    "english": ENGLISH,
    "muslim": ARABIC,
    "arab": FRENCH_ARABIC + ARABIC,
    "indic": INDIC,
    "chinese": CHINESE,
    "vietnamese": VIETNAMESE,
    "polish": POLISH,
    "romanian": ROMANIAN,
    "turkish": TURKISH,
    "baltic": BALTIC,
    "slovak": SLOVAK,
    "portuguese": PORTUGUESE,
    "african": WEST_AFRICAN,
}
TWICE = 0.25


def respell(name, spelling, rng):
    """Return the name with one of its spots spelt by another rule, now and then two; None where no rule fits."""
    spelt = respell_once(name, RULES[spelling], rng)
    if spelt is not None and rng.random() < TWICE:
        twice = respell_once(spelt, RULES[spelling], rng)
        return twice if twice is not None and twice.lower() != name.lower() else spelt
    return spelt


def respell_once(name, own_rules, rng):
    lower = name.lower()
    spellings = [
        lower[: found.start()] + spelt + lower[found.end() :]
        for pattern, instead in own_rules
        for found in pattern.finditer(lower)
        for spelt in instead
    ]
    possible = [spelt for spelt in spellings if len(spelt) > 1 and spelt != lower]
    return re.sub(r"\b[^\W\d_]", lambda first: first[0].upper(), rng.choice(possible)) if possible else None

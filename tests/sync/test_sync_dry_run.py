"""A dry run says what would happen, and changes nothing."""

import pytest
from editions import content_of
from listed import EVERYBODY, row

from flagging.register.store import POINTER
from flagging.sync.report import Result


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (EVERYBODY, Result.DRY_RUN),
        ([*EVERYBODY, row(5, ppo_ref="B90")], Result.DRY_RUN),
        (EVERYBODY[:10], Result.REFUSED),
        (None, Result.UNREADABLE),
    ],
    ids=["unchanged", "changed", "refused", "unreadable"],
)
@pytest.mark.parametrize("state", ["whole", "flushed", "pointer lost"])
def test_a_dry_run_changes_nothing(site, rows, expected, state):
    if state == "flushed":
        site.client.flushall()
    if state == "pointer lost":
        site.client.delete(POINTER)
    if rows is None:
        site.list.unlink()
    else:
        site.write(rows)
    before = content_of(site.client)
    assert site.sync(is_dry=True).result is expected
    assert content_of(site.client) == before


def test_a_dry_run_says_what_would_happen(site):
    site.write([*EVERYBODY[1:], row(5, ppo_ref="B90")])
    report = site.sync(is_dry=True)
    assert (report.added, report.missing, report.edition) == (("B90",), ("B00",), None)
    assert site.sync(is_dry=True, force_reason="sure").forced == ()
    site.write(EVERYBODY[:10])
    assert site.sync(is_dry=True, force_reason="sure").forced == ("count_drop",)

"""What may be a secret can stand in a file; whatever is wrong with it is said without saying what it holds."""

import pytest

from flagging.errors import SettingInvalid
from flagging.settings import read_settings

ADDRESS = "rediss://server:s3cret@redis.example.org:6380/0"


def test_a_setting_that_may_be_a_secret_is_read_from_the_file_named(tmp_path):
    (tmp_path / "url").write_text(ADDRESS + "\n")
    assert read_settings({"FLAGGING_REDIS_URL_FILE": str(tmp_path / "url")}).redis_url == ADDRESS


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must hold one line"),
        (b"\n", "must hold one line"),
        (b"s3cret\ns3cret\n", "must hold one line"),
        (b"\xff\xfes3cret", "is not text"),
        (None, "cannot be read: No such file or directory"),
        (b"s3cret", "must be redis://"),
    ],
    ids=["empty", "a blank line", "two lines", "no text", "no file", "no address"],
)
def test_a_file_that_cannot_be_used_stops_the_start_without_showing_what_it_holds(content, said, tmp_path):
    if content is not None:
        (tmp_path / "url").write_bytes(content)
    with pytest.raises(SettingInvalid, match="FLAGGING_REDIS_URL") as error:
        read_settings({"FLAGGING_REDIS_URL_FILE": str(tmp_path / "url")})
    assert said in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_setting_given_both_ways_is_refused(tmp_path):
    (tmp_path / "url").write_text(ADDRESS)
    with pytest.raises(SettingInvalid, match="given twice"):
        read_settings({"FLAGGING_REDIS_URL_FILE": str(tmp_path / "url"), "FLAGGING_REDIS_URL": ADDRESS})


def test_no_other_setting_is_read_from_a_file(tmp_path):
    (tmp_path / "x").write_text("5")
    with pytest.raises(SettingInvalid, match="no such setting"):
        read_settings({"FLAGGING_LEDGER_DAYS_FILE": str(tmp_path / "x")})

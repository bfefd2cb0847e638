"""The master list at an https address, fetched from real servers with throw-away certificates."""

import dataclasses
import logging
import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import structlog
import trustme
from list_server import (
    ListServer,
    chunked,
    cut_off,
    give,
    give_unless_known,
    hang_up,
    packed,
    redirect,
    silence,
    until_the_end,
)

from flagging.errors import SourceUnreadable
from flagging.sync.progress import SyncEnded
from flagging.sync.sources.credentials import Credentials
from flagging.sync.sources.read import read_source
from flagging.sync.sources.web import Fetcher, Patience

LIST = b"ppo_ref,status\nBHM-0001,active\n"
OTHER = b"ppo_ref,status\nBHM-0002,active\n"
LONG_AGO = datetime(2026, 3, 1, 4, 5, 6, tzinfo=UTC)
MODIFIED = format_datetime(LONG_AGO, usegmt=True)
SHORT = Patience(connect=2.0, read=0.3)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def server(authority):
    with ListServer(authority) as server:
        yield server


@dataclasses.dataclass
class Client:
    """Fetches with a short patience, and notes for how long it would have waited."""

    form: object
    credentials: Credentials
    patience: Patience = SHORT
    is_stopping: bool = False

    def __post_init__(self):
        self.pauses = []
        self.fetcher = Fetcher(self.credentials, self.patience, self.pauses.append, lambda: self.is_stopping)

    def read(self, where):
        return read_source(where, self.form, fetcher=self.fetcher)

    def content(self, where):
        (file,) = self.read(where).files
        return file.content

    def reason(self, where):
        with pytest.raises(SourceUnreadable) as refusal:
            self.read(where)
        return str(refusal.value)


@pytest.fixture
def client(form, ca_file):
    return Client(form, Credentials(ca_file=ca_file))


# -- a list ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        give(LIST, Content_Type="text/csv; charset=iso-8859-1"),
        give(LIST, Content_Type="application/octet-stream"),
        give(LIST),
        chunked(LIST[:10], LIST[10:]),
        packed(LIST),
    ],
    ids=["csv", "bytes", "no-type", "chunked", "gzip"],
)
def test_a_list_is_fetched_whatever_it_is_called_and_however_it_is_packed(server, client, reply):
    server.script.append(reply)
    assert client.content(server.url()) == LIST
    assert client.read(server.url()).name == "list.csv"


def test_last_modified_dates_the_list(server, client):
    server.script.append(give(LIST, Last_Modified=MODIFIED))
    assert client.read(server.url()).dated == LONG_AGO


@pytest.mark.parametrize("header", ["", "yesterday", "Tue, 99 Foo 2026 00:00:00 GMT"])
def test_a_list_without_a_usable_date_has_none(server, client, header):
    server.script.append(give(LIST, Last_Modified=header))
    assert client.read(server.url()).dated is None


def test_a_list_is_never_dated_in_the_future(server, client):
    server.script.append(give(LIST, Last_Modified="Fri, 01 Jan 2100 00:00:00 GMT"))
    assert client.read(server.url()).dated <= datetime.now(UTC)


# -- asked only for what is new --------------------------------------------------------------------------------------


def test_an_unchanged_list_is_not_sent_again_and_is_the_same_list(server, client):
    server.script.append(give_unless_known(LIST, '"v1"', Last_Modified=MODIFIED))
    first, second = client.read(server.url()), client.read(server.url())
    assert first == second
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, '"v1"']


def test_a_list_vouched_for_anew_without_being_sent_is_as_new_as_its_server_says(server, client):
    server.script += [
        give_unless_known(LIST, '"v1"', Last_Modified="Sun, 01 Feb 2026 00:00:00 GMT"),
        give_unless_known(LIST, '"v1"', Last_Modified=MODIFIED),
    ]
    client.read(server.url())
    assert client.read(server.url()).dated == LONG_AGO


def test_a_changed_list_is_sent(server, client):
    server.script += [give_unless_known(LIST, '"v1"'), give_unless_known(OTHER, '"v2"')]
    assert client.content(server.url()) == LIST
    assert client.content(server.url()) == OTHER


def test_a_time_of_change_stands_in_for_a_tag(server, client):
    server.script.append(give(LIST, Last_Modified=MODIFIED, Date="Sun, 01 Mar 2026 04:06:06 GMT"))
    client.read(server.url())
    client.read(server.url())
    assert server.asked[1][1]["If-Modified-Since"] == MODIFIED


@pytest.mark.parametrize("date", ["Sun, 01 Mar 2026 04:05:07 GMT", ""])
def test_a_time_of_change_does_not_count_where_the_list_may_have_changed_again_within_the_second(server, client, date):
    server.script.append(give(LIST, Last_Modified=MODIFIED, Date=date))
    client.read(server.url())
    client.read(server.url())
    assert not {"If-Modified-Since", "If-None-Match"} & server.asked[1][1].keys()


def test_what_one_address_gave_is_not_taken_for_anothers(server, client):
    server.script.append(give_unless_known(LIST, '"v1"'))
    client.read(server.url())
    client.read(server.url("/other.csv"))
    assert "If-None-Match" not in server.asked[1][1]


def test_a_server_that_says_unchanged_without_being_asked_is_not_believed(server, client):
    server.script.append(give(b"", 304, Content_Length=""))
    assert client.reason(server.url()).startswith("list.csv: the server says that it has not changed")


def test_a_fault_in_between_does_not_lose_the_list_held(server, client):
    server.script += [give_unless_known(LIST, '"v1"'), give(b"", 403), give_unless_known(LIST, '"v1"')]
    client.read(server.url())
    assert "403 Forbidden" in client.reason(server.url())
    assert client.content(server.url()) == LIST
    assert server.asked[2][1]["If-None-Match"] == '"v1"'


# -- tried again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (give(b"", 500), "the server answers 500 Internal Server Error"),
        (give(b"", 503, Retry_After="3600"), "the server answers 503 Service Unavailable"),
        (give(b"", 599), "the server answers 599"),
        (silence, "the server does not answer in time"),
        (hang_up, "the connection broke off"),
        (cut_off(LIST, len(LIST) + 1), "the connection broke off"),
        (chunked(LIST[:10], is_whole=False), "the connection broke off"),
        (give(b"garbage", Content_Encoding="gzip"), "its compression is damaged"),
    ],
    ids=["500", "503", "599", "silence", "hung-up", "cut-off", "chunks-cut-off", "damaged-gzip"],
)
def test_a_fault_that_may_pass_is_tried_again_with_growing_pauses_and_then_told(server, client, fault, reason):
    server.script.append(fault)
    assert client.reason(server.url()) == f"list.csv: {reason}"
    assert len(server.asked) == 4
    assert len(client.pauses) == 3
    assert all(0.25 * 2**n <= pause <= 0.75 * 2**n for n, pause in enumerate(client.pauses))


def test_a_fault_that_passes_is_nobodys_business(server, client):
    server.script += [give(b"", 502), silence, cut_off(LIST[:9], len(LIST)), give(LIST)]
    assert client.content(server.url()) == LIST


def test_a_server_out_of_reach_is_tried_again_and_told(client, free_port):
    where = f"https://127.0.0.1:{free_port}/list.csv"
    assert client.reason(where) == "list.csv: the server cannot be reached"
    assert len(client.pauses) == 3


def test_pauses_are_spread_so_that_workers_do_not_return_all_at_once(server, client):
    server.script.append(give(b"", 500))
    for _ in range(3):
        client.reason(server.url())
    assert len(set(client.pauses)) == len(client.pauses)


def test_no_attempt_is_begun_after_the_time_for_all_of_them_is_up(server, form, ca_file):
    server.script.append(give(b"", 500))
    client = Client(form, Credentials(ca_file=ca_file), Patience(altogether=0.0))
    client.reason(server.url())
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, "401 Unauthorized"), (404, "404 Not Found"), (429, "429 Too Many Requests"), (204, "204 No Content")],
)
def test_an_answer_that_the_server_means_is_not_asked_for_again(server, client, status, reason):
    server.script.append(give(b"", status))
    assert client.reason(server.url()) == f"list.csv: the server answers {reason}"
    assert len(server.asked) == 1


# -- bounded ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(form, ca_file):
    return Client(dataclasses.replace(form, size_limit_mib=1), Credentials(ca_file=ca_file))


@pytest.mark.parametrize(
    "reply",
    [give(b"x" * 1_100_000), chunked(*[b"x" * 110_000] * 10), packed(b"x" * 50_000_000)],
    ids=["plain", "chunked", "gzip"],
)
def test_a_list_above_the_size_limit_is_refused_packed_or_not(server, small, reply):
    server.script.append(reply)
    assert small.reason(server.url()) == "list.csv: is larger than size_limit_mib in master_list.toml allows"
    assert len(server.asked) == 1


def test_a_list_that_arrives_drop_by_drop_is_given_up(server, form, ca_file):
    stop = threading.Event()

    def drip(handler):
        handler.give(b"", Content_Length="1000000")
        while not stop.wait(0.02):
            handler.wfile.write(b"x")

    server.script.append(drip)
    client = Client(form, Credentials(ca_file=ca_file), Patience(altogether=0.2))
    try:
        assert client.reason(server.url()) == "list.csv: takes too long to arrive"
    finally:
        stop.set()


def test_a_list_that_arrives_drop_by_drop_is_left_as_soon_as_the_worker_is_told_to_end(server, client):
    stop = threading.Event()

    def drip(handler):
        handler.give(b"", Content_Length="1000000")
        while not stop.wait(0.02):
            handler.wfile.write(b"x")
            client.is_stopping = True

    server.script.append(drip)
    try:
        with pytest.raises(SyncEnded):
            client.read(server.url())
    finally:
        stop.set()


def test_no_attempt_follows_the_one_after_which_the_worker_was_told_to_end(server, client):
    waited = []
    server.script.append(give(b"", 500))
    client.fetcher = Fetcher(client.credentials, SHORT, waited.append, lambda: bool(waited))
    with pytest.raises(SyncEnded):
        client.read(server.url())
    assert len(server.asked) == 1


def test_a_list_that_does_not_say_where_it_ends_may_have_been_cut_off(server, client):
    server.script.append(until_the_end(LIST))
    assert "does not say where it ends" in client.reason(server.url())


def test_a_list_packed_otherwise_than_asked_is_not_taken_for_one(server, client):
    server.script.append(give(LIST, Content_Encoding="br"))
    assert "packs it in a way" in client.reason(server.url())
    assert server.asked[0][1]["Accept-Encoding"] == "gzip"


# -- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_same_server_is_followed(server, client, status):
    server.script += [redirect("/today/list.csv", status), give(LIST)]
    assert client.content(server.url()) == LIST
    assert [path for path, _ in server.asked] == ["/ppo/list.csv", "/today/list.csv"]


@pytest.mark.parametrize("where", ["https://localhost:{port}/list.csv", "http://127.0.0.1:{port}/list.csv",
                                   "https://127.0.0.1:1/list.csv", "https://a:b@127.0.0.1:{port}/", "https://["])  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed_and_a_token_not_shown_there(server, client, where):
    server.script.append(redirect(where.format(port=server.port)))
    assert client.reason(server.url()) == "list.csv: the server redirects to another host, or away from https"
    assert len(server.asked) == 1


def test_redirects_without_end_are_given_up(server, client):
    server.script.append(redirect("/ppo/list.csv"))
    assert "redirects again and again" in client.reason(server.url())
    assert len(server.asked) == 6


# -- who is who ------------------------------------------------------------------------------------------------------


def test_a_server_whose_certificate_nobody_vouches_for_is_not_asked(server, form):
    server.script.append(give(LIST))
    client = Client(form, Credentials())
    assert "certificate does not verify" in client.reason(server.url())
    assert (server.asked, client.pauses) == ([], [])


def test_a_server_of_another_name_is_not_asked(authority, client):
    with ListServer(authority, [give(LIST)], host="lists.example.org") as server:
        assert "certificate does not verify" in client.reason(server.url())
        assert server.asked == []


def test_a_token_is_shown_and_a_renewed_one_counts_at_once(server, form, ca_file, tmp_path):
    token_file = tmp_path / "token"
    server.script.append(give(LIST))
    client = Client(form, Credentials(token_file, ca_file=ca_file))
    for token in ("first-token", "second-token"):
        token_file.write_text(f"{token}\n")
        client.read(server.url())
    shown = [headers["Authorization"] for _, headers in server.asked]
    assert shown == ["Bearer first-token", "Bearer second-token"]


@pytest.mark.parametrize("content", [b"", b"two tokens", b"a\nb", b"ge\xffheim"])
def test_a_file_without_one_token_is_told_without_its_content(server, form, ca_file, tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    reason = Client(form, Credentials(tmp_path / "token", ca_file=ca_file)).reason(server.url())
    assert "FLAGGING_MASTER_LIST_TOKEN_FILE" in reason
    assert "heim" not in reason


def test_a_token_file_that_is_gone_is_told(server, form, ca_file, tmp_path):
    reason = Client(form, Credentials(tmp_path / "gone", ca_file=ca_file)).reason(server.url())
    assert "FLAGGING_MASTER_LIST_TOKEN_FILE cannot be read" in reason


@pytest.mark.parametrize("is_one_file", [True, False], ids=["one-file", "two-files"])
def test_a_certificate_of_our_own_is_shown_to_a_server_that_wants_one(authority, form, ca_file, tmp_path, is_one_file):
    ours = authority.issue_cert("worker@lists.example.org")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    (ours.private_key_and_cert_chain_pem if is_one_file else ours.cert_chain_pems[0]).write_to_path(str(cert))
    ours.private_key_pem.write_to_path(str(key))
    credentials = Credentials(cert_file=cert, key_file=None if is_one_file else key, ca_file=ca_file)
    with ListServer(authority, [give(LIST)], wants_certificate=True) as server:
        assert Client(form, credentials).content(server.url()) == LIST


def test_a_server_that_wants_a_certificate_and_gets_none_gives_no_list(authority, client):
    with ListServer(authority, [give(LIST)], wants_certificate=True) as server:
        assert client.reason(server.url()).startswith("list.csv: ")
        assert server.asked == []


@pytest.mark.parametrize(
    ("name", "setting"), [("ca_file", "FLAGGING_MASTER_LIST_CA_FILE"), ("cert_file", "FLAGGING_MASTER_LIST_CERT_FILE")]
)
@pytest.mark.parametrize("content", [b"geheim", None], ids=["garbage", "gone"])
def test_certificates_that_cannot_be_read_are_told_by_their_setting(server, form, tmp_path, name, setting, content):
    if content is not None:
        (tmp_path / "file.pem").write_bytes(content)
    reason = Client(form, Credentials(**{name: tmp_path / "file.pem"})).reason(server.url())
    assert setting in reason
    assert "geheim" not in reason


# -- told to nobody --------------------------------------------------------------------------------------------------


def test_no_log_line_and_no_reason_holds_an_address_or_a_secret(server, form, ca_file, tmp_path, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    (tmp_path / "token").write_text("geheim-token")
    server.script += [give(b"", 500), hang_up, silence, give(b"geheim-body", 418)]
    client = Client(form, Credentials(tmp_path / "token", ca_file=ca_file))
    with structlog.testing.capture_logs() as logs:
        reason = client.reason(server.url("/geheim-folder/list.csv?token=geheim-query"))
    assert "418" in reason
    assert len(logs) == 3
    ours = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert "geheim" not in f"{reason}{logs}{ours}{capsys.readouterr()}"
    assert logging.getLogger("urllib3").handlers, "its lines, which hold addresses, would go to standard error"

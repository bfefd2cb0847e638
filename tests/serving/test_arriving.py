"""Whether a request is all there, however it was cut up on its way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flagging.serving.arriving import MOST_BODY_BYTES, MOST_HEAD_BYTES, Arrival, Arriving

HEAD = b"POST /v1/lookups HTTP/1.1\r\nHost: a.example\r\n"
WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
    "a body": HEAD + b'Content-Length: 11\r\n\r\n{"a": "\r\n"}',
    "an empty body": HEAD + b"content-length:0\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n1a;x=y\r\n" + b"z" * 26 + b"\r\n0\r\n\r\n",
    "a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nDigest: x\r\n\r\n",
    "empty lines before it": b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
}
HOPELESS = {
    "a head without end": b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD_BYTES,
    "a long head": b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD_BYTES + b"\r\n\r\n",
    "a long body": HEAD + f"Content-Length: {MOST_BODY_BYTES + 1}\r\n\r\n".encode(),
    "a length that is none": HEAD + b"Content-Length: -5\r\n\r\n",
    "a length and no number": HEAD + b"Content-Length:\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "a length and chunks": HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nhello\r\n",
    "a chunk too long": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
    "chunks without end": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"ffff\r\n"
    + (b"x" * 65535 + b"\r\nffff\r\n") * 20,
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
@given(cuts=st.lists(st.integers(0, 120), max_size=4))
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_bytes, cuts):
    edges = sorted({cut for cut in cuts if cut < len(request_bytes)} | {0, len(request_bytes)})
    arriving = Arriving()
    *before, last = [arriving.add(request_bytes[start:end]) for start, end in pairwise(edges)]
    assert set(before) <= {Arrival.PARTIAL}
    assert last is Arrival.WHOLE


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_what_follows_a_request_is_kept(request_bytes):
    arriving = Arriving()
    assert arriving.add(request_bytes + b"GET /next") is Arrival.WHOLE
    assert arriving.content.endswith(b"GET /next")


@pytest.mark.parametrize("request_bytes", HOPELESS.values(), ids=HOPELESS)
def test_no_more_is_waited_for_of_what_can_be_no_request(request_bytes):
    assert Arriving().add(request_bytes) is Arrival.HOPELESS


@given(st.binary(max_size=400), st.integers(0, 400))
def test_nothing_that_arrives_breaks_it(content, cut):
    arriving = Arriving()
    for part in (content[:cut], content[cut:]):
        assert arriving.add(part) in Arrival


def test_a_body_that_waits_for_leave_is_told_once_the_head_is_there():
    arriving = Arriving()
    arriving.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n")
    assert not arriving.waits_for_leave
    arriving.add(b"\r\n")
    assert arriving.waits_for_leave

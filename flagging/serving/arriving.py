"""How much of an HTTP/1.1 request has arrived: whether it is all there. Nothing of it is judged, that is gunicorn's."""

import re
from enum import Enum, auto

HEAD_END = b"\r\n\r\n"
MOST_HEAD_BYTES = 64 * 1024
MOST_BODY_BYTES = 1024 * 1024 + 64 * 1024
"""More than any address takes: who sends more is answered without it."""
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]{0,256}\r\n")
_CHUNK_SIZE_BEGUN = re.compile(rb"(?:[0-9a-fA-F]{1,8}(?:[^\r\n0-9a-fA-F][^\r\n]{0,255})?\r?)?")


class Arrival(Enum):
    """`HOPELESS` is what can be no request of this service, or is longer than one may be: no more is waited for."""

    PARTIAL = auto()
    WHOLE = auto()
    HOPELESS = auto()


class Arriving:
    """One request, and whatever follows it, as bytes; `content` is all of it."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._body_at: int | None = None
        self._whole_at: int | None = None
        self._chunk_at: int | None = None

    @property
    def waits_for_leave(self) -> bool:
        """True once the head has arrived and says that the body comes only when it is asked for."""
        return self._body_at is not None and bool(_EXPECTS.search(self.content, 0, self._body_at))

    def add(self, more: bytes) -> Arrival:
        """Take what has arrived since; say whether the request is all there."""
        self.content += more
        if self._body_at is None:
            found = self._find_head()
            if found is not Arrival.WHOLE:
                return found
        if self._chunk_at is not None:
            return self._follow_chunks()
        return Arrival.WHOLE if len(self.content) >= (self._whole_at or 0) else Arrival.PARTIAL

    def _find_head(self) -> Arrival:
        while self.content.startswith(b"\r\n"):  # as a careless client may leave behind its last request
            del self.content[:2]
        end = self.content.find(HEAD_END)
        if end < 0 or end > MOST_HEAD_BYTES:
            return Arrival.HOPELESS if len(self.content) > MOST_HEAD_BYTES else Arrival.PARTIAL
        self._body_at = end + len(HEAD_END)
        lengths = _LENGTH.findall(self.content, 0, self._body_at)
        if _ENCODED.search(self.content, 0, self._body_at):
            self._chunk_at = self._body_at
            return Arrival.HOPELESS if lengths else Arrival.WHOLE
        if len(lengths) > 1 or not all(re.fullmatch(rb"[0-9]{1,10}", length) for length in lengths):
            return Arrival.HOPELESS
        length = int(lengths[0]) if lengths else 0
        self._whole_at = self._body_at + length
        return Arrival.HOPELESS if length > MOST_BODY_BYTES else Arrival.WHOLE

    def _follow_chunks(self) -> Arrival:
        """Go from chunk to chunk as far as they have arrived; the last one has no bytes, and a trailer that ends."""
        while self._chunk_at is not None:
            if len(self.content) > MOST_HEAD_BYTES + MOST_BODY_BYTES:
                return Arrival.HOPELESS
            size_line = _CHUNK_SIZE.match(self.content, self._chunk_at)
            if size_line is None:
                is_begun = _CHUNK_SIZE_BEGUN.fullmatch(self.content, self._chunk_at)
                return Arrival.PARTIAL if is_begun else Arrival.HOPELESS
            size = int(size_line[1], 16)
            if size == 0:
                is_over = self.content.find(HEAD_END, size_line.end() - 2) >= 0
                return Arrival.WHOLE if is_over else Arrival.PARTIAL
            following = size_line.end() + size + 2
            if size > MOST_BODY_BYTES:
                return Arrival.HOPELESS
            if len(self.content) < following:
                return Arrival.PARTIAL
            self._chunk_at = following
        return Arrival.HOPELESS

"""The bytes of a file of the master list as rows: CSV or JSON Lines, whose values are not judged here."""

import codecs
import io
import re
from dataclasses import replace

from flagging.configuration.master_list import MasterListFormat
from flagging.errors import SourceUnreadable
from flagging.sync.csv_table import read_csv
from flagging.sync.json_table import read_json_lines
from flagging.sync.raw_row import Table

_FOREIGN = {
    re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0|\0[^\0]", re.DOTALL): "UTF-16",
    re.compile(rb"PK\x03\x04|\x1f\x8b|\xd0\xcf\x11\xe0"): "a workbook or archive",
    re.compile(rb"%PDF-|\{\\rtf"): "a document",
    re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE): "a web page or XML",
    re.compile(rb"\s*\[\s*[{\]]"): "one JSON array",
}
_NOT_UTF_8 = 'holds bytes that are not UTF-8: if Excel saved it, encoding = "cp1252" in master_list.toml may be right'
_SEEMS_UTF_8 = 'is read as cp1252, but seems to be UTF-8: encoding = "utf-8" in master_list.toml may be right'


def read_table(content: bytes, form: MasterListFormat) -> Table:
    """Return the rows of a list, in the encoding that is configured, or UTF-8 where a byte order mark says so.

    JSON Lines is recognised by its first character, an opening brace; everything else is CSV with a header row.
    Bytes that are not of the encoding become U+FFFD, so that they cost a field and not the list. A blank line is no
    row. Raises SourceUnreadable for another kind of file and for a header that names one field twice.
    """
    for opening, kind in _FOREIGN.items():
        if opening.match(content):
            raise SourceUnreadable(f"it is {kind}; a master list is CSV or JSON Lines, in UTF-8 or cp1252")
    encoding = "utf-8" if content.startswith(codecs.BOM_UTF8) else form.encoding
    if _is_json(content):
        table = read_json_lines(_lines(content, encoding), _lines(content, encoding), form)
    else:
        table = read_csv(_lines(content, encoding), len(content), form)
    return replace(table, note=_doubt(content, encoding))


def is_open_ended(content: bytes) -> bool:
    """Tell whether a file does not end its last line: nothing in it says then whether its last value is whole.

    Of JSON Lines that can be told: what was cut off there is no object.
    """
    return bool(content.strip()) and not content.rstrip(b" \t").endswith((b"\n", b"\r")) and not _is_json(content)


def _is_json(content: bytes) -> bool:
    return content.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{"


def _lines(content: bytes, encoding: str) -> io.TextIOWrapper:
    with_mark = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(io.BytesIO(content), encoding=with_mark, errors="replace", newline="")


def _doubt(content: bytes, encoding: str) -> str | None:
    """Say why the encoding may be another; text that happens to be valid UTF-8 beyond ASCII is hardly anything else."""
    if content.isascii():
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _NOT_UTF_8 if encoding == "utf-8" else None
    return None if encoding == "utf-8" else _SEEMS_UTF_8

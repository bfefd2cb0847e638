"""Of when the master list is, by its own word: a column or a row that the configuration names.

Keeps an upstream that has stopped from looking current because its list is copied anew every night.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from flagging.configuration.master_list import ISO, MasterListFormat, read_day
from flagging.errors import SourceUnreadable
from flagging.sync.sources.master_list import ListFile
from flagging.sync.table import read_table

LONDON = ZoneInfo("Europe/London")


def date_of(
    files: Sequence[ListFile], changed: datetime | None, form: MasterListFormat, now: datetime
) -> datetime | None:
    """Return the date (UTC) of the oldest of the files, each by the newest date it holds that is not in the future.

    `changed` is when the source says that it was changed; without configuration that alone counts, and for a file
    without rows it stands in. Raises SourceUnreadable for a file whose rows do not say of when they are: counting it
    as of now would hide an upstream that has stopped.
    """
    if not form.dated_column and not form.dated_row:
        return changed
    dates = [_newest(file, form, now) or changed for file in files]
    return None if None in dates else min(date for date in dates if date)


def _newest(file: ListFile, form: MasterListFormat, now: datetime) -> datetime | None:
    try:
        table = read_table(file.content, form)
    except SourceUnreadable as error:
        raise SourceUnreadable(file.tell(str(error))) from None
    field = form.columns[form.dated_column] if form.dated_column else ""
    texts: set[str] = set()
    is_empty = True
    for row in table.rows:
        is_empty &= row.dated is not None
        text = row.values.get(field) if field else row.dated
        if text is not None:
            texts.add(str(text).strip())
    dates = [date for date in _read_dates(texts, form.date_formats) if date <= now]
    if not dates and not is_empty:
        where = f"in the column {form.dated_column}" if field else f"in a row {form.dated_row}"
        raise SourceUnreadable(file.tell(f"it has no date {where}, by which master_list.toml says it is dated"))
    return max(dates, default=None)


def _read_dates(texts: Iterable[str], formats: tuple[str, ...]) -> Iterator[datetime]:
    for text in texts:
        try:
            date = datetime.fromisoformat(text)
        except ValueError:
            day = read_day(text, (*formats, ISO))
            if day is None:
                continue
            date = datetime.combine(day, time())
        yield (date if date.tzinfo else date.replace(tzinfo=LONDON)).astimezone(UTC)

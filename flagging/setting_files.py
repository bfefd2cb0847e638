"""Settings given as files: `FLAGGING_X_FILE` names a file that holds what `FLAGGING_X` would, if that may be a secret.

An environment is seen by more eyes than a file: a container's is shown to whoever may inspect it.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from flagging.errors import SettingInvalid

SUFFIX = "_FILE"
MOST_BYTES = 4096


def with_files_read(given: Mapping[str, str], secret: Iterable[str]) -> dict[str, str]:
    """Return the variables given, those of `secret` that were given as files by their own names.

    Raises SettingInvalid, which names the variable and never what the file holds.
    """
    found = dict(given)
    for variable in secret:
        place = found.pop(variable + SUFFIX, None)
        if place is None:
            continue
        if variable in given:
            raise SettingInvalid(variable, f"is given twice: here and by {variable}{SUFFIX}")
        found[variable] = _value_in(Path(place), variable + SUFFIX)
    return found


def _value_in(path: Path, variable: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MOST_BYTES).strip()
    except UnicodeDecodeError:
        raise SettingInvalid(variable, "the file is not text") from None
    except OSError as error:
        raise SettingInvalid(variable, f"the file cannot be read: {error.strerror}") from None
    if not text or len(text.splitlines()) > 1:
        raise SettingInvalid(variable, "the file must hold one line, the value and nothing else")
    return text

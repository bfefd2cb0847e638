"""Every `FLAGGING_*` setting: name, type, default and meaning, each declared once, as a field of `Settings`.

Read once at start (`read_settings`) and passed on as a frozen object; nobody else reads the environment. A bad value
stops the start with one line that names the setting, never its value: addresses may carry passwords.
"""

import difflib
import fcntl
import logging
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from sysconfig import get_path
from typing import Any, TypeVar

from dotenv import dotenv_values
from environs import Env, EnvValidationError, validate

from flagging.errors import SettingInvalid
from flagging.setting_files import with_files_read
from flagging.setting_values import PARSERS, Rate, mask_secrets

PREFIX = "FLAGGING_"
TEST_PREFIX = "FLAGGING_TEST_"
DEMO_ENV = "demo.env"
DEMO_LOCK = "demo.lock"
WHAT_A_DEMO_OWNS = ("FLAGGING_REDIS_URL", "FLAGGING_MASTER_LIST", "FLAGGING_KEY_FILE")
CONFIG_MARK = "disclosure.toml"  # tells our configuration directory from anybody else's `config`

FRACTION = validate.Range(min=0, max=1)
POSITIVE = validate.Range(min=1)

T = TypeVar("T")


def _says(says: str, kind: str, *, secret: bool = False, within: validate.Range | None = None) -> dict[str, Any]:
    """Return what a declaration tells: the meaning, the parser's name, whether the value may carry a secret."""
    return {"says": says, "kind": kind, "secret": secret, "options": {"validate": within} if within else {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this installation is set to. Durations are seconds; the variable of field `x` is `FLAGGING_X`."""

    redis_url: str | None = field(
        default=None,
        repr=False,
        metadata=_says(
            "the register store: redis:// (rediss://, unix://) or redis+sentinel://", "redis_url", secret=True
        ),
    )
    master_list: str | None = field(
        default=None,
        repr=False,
        metadata=_says("the master list: a file, a directory of files, or an https:// address", "source", secret=True),
    )
    master_list_token_file: Path | None = field(
        default=None, metadata=_says("holds the bearer token for an https:// master list", "place")
    )
    master_list_cert_file: Path | None = field(
        default=None, metadata=_says("the client certificate (PEM) for an https:// master list", "place")
    )
    master_list_key_file: Path | None = field(
        default=None, metadata=_says("the key of that certificate, where it is not in the same file", "place")
    )
    master_list_ca_file: Path | None = field(
        default=None, metadata=_says("whom to trust for it (PEM), in place of the system's authorities", "place")
    )
    config_dir: Path = field(
        default=Path("config"),
        metadata=_says("the configuration files; without it ./config, else those that came with the program", "place"),
    )
    state_dir: Path = field(
        default=Path("state"),
        metadata=_says("the spool, the ledger, sealed copies of register and access list", "place"),
    )
    key_file: Path | None = field(
        default=None, metadata=_says("the sealing keys; outside the state directory, mode 0600", "place")
    )
    ledger_url: str | None = field(
        default=None,
        repr=False,
        metadata=_says("the ledger, where several hosts share one: postgresql://", "ledger_url", secret=True),
    )
    ledger_days: int = field(
        default=730, metadata=_says("days for which the content of ledger entries is kept", "int", within=POSITIVE)
    )
    smtp_url: str | None = field(
        default=None,
        repr=False,
        metadata=_says(
            "how offender managers are told by e-mail: smtp:// (STARTTLS) or smtps://", "smtp_url", secret=True
        ),
    )
    smtp_ca_file: Path | None = field(
        default=None, metadata=_says("whom to trust for it (PEM), in place of the system's authorities", "place")
    )
    webhook_url: str | None = field(
        default=None,
        repr=False,
        metadata=_says("the system that is told of people recognised: https://", "webhook_url", secret=True),
    )
    webhook_secret_file: Path | None = field(
        default=None, metadata=_says("holds the secret that signs what it is sent, 32 bytes or more", "place")
    )
    webhook_ca_file: Path | None = field(
        default=None, metadata=_says("whom to trust for it (PEM), in place of the system's authorities", "place")
    )
    retro_hours: int = field(
        default=72,
        metadata=_says("hours for which a lookup is asked again as the register changes", "int", within=POSITIVE),
    )
    sync_seconds: float = field(default=60.0, metadata=_says("time between two looks at the master list", "duration"))
    stale_after: float = field(
        default=3600.0, metadata=_says("list last read and taken longer ago: finding nobody is no answer", "duration")
    )
    list_stale_after: float = field(
        default=7 * 86400.0, metadata=_says("list itself dated longer ago: finding nobody is no answer", "duration")
    )
    refuse_after: float = field(
        default=86400.0, metadata=_says("list last read and taken longer ago: nothing is answered from it", "duration")
    )
    former_days: int = field(
        default=365,
        metadata=_says("days for which somebody taken off the list is told as former", "int", within=POSITIVE),
    )
    guard_fewest: int = field(
        default=1, metadata=_says("a list that tells of fewer people is refused", "int", within=validate.Range(min=0))
    )
    guard_count_drop: float = field(
        default=0.10,
        metadata=_says("a list that lost a greater part of its people is refused", "float", within=FRACTION),
    )
    guard_reject_rate: float = field(
        default=0.05,
        metadata=_says("a list with a greater part of unreadable rows is refused", "float", within=FRACTION),
    )
    guard_unflagged: float = field(
        default=0.50,
        metadata=_says(
            "a list by which a greater part of people would lose the flag is refused", "float", within=FRACTION
        ),
    )
    guard_blanked: float = field(
        default=0.50,
        metadata=_says(
            "a list by which a greater part would lose the value of a column is refused", "float", within=FRACTION
        ),
    )
    guard_absent: float = field(
        default=0.50,
        metadata=_says("a list from which a greater part of people is missing is refused", "float", within=FRACTION),
    )
    guard_list_older: float = field(
        default=0.0,
        metadata=_says(
            "seconds by which a list may be older than the one before", "float", within=validate.Range(min=0)
        ),
    )
    rate_limit: Rate = field(
        default=Rate(100, 1), metadata=_says("what one caller may ask, like `100 per second`", "rate")
    )
    operator_rate_limit: Rate | None = field(
        default=None,
        metadata=_says("what one operator may ask, whatever the token; if not the same as a caller", "rate"),
    )
    sessions_url: str | None = field(
        default=None,
        repr=False,
        metadata=_says("the Redis of people's sessions, if not that of the register", "redis_url", secret=True),
    )
    session_idle: float = field(
        default=1800.0, metadata=_says("a person who asks nothing for so long is signed out", "duration")
    )
    session_longest: float = field(
        default=12 * 3600.0, metadata=_says("a person is signed out after so long, whatever they ask", "duration")
    )
    proxies: int = field(
        default=0,
        metadata=_says("proxies in front whose X-Forwarded-For is believed", "int", within=validate.Range(min=0)),
    )
    oidc_audience: str | None = field(
        default=None, metadata=_says("what OAuth 2 access tokens for the API must be meant for", "str")
    )
    oidc_issuer: str | None = field(
        default=None, metadata=_says("the OpenID Connect provider that people sign in at", "issuer")
    )
    oidc_client_id: str | None = field(default=None, metadata=_says("what this service is called there", "str"))
    oidc_client_secret_file: Path | None = field(
        default=None, metadata=_says("holds its client secret, unless it is a public client", "place")
    )
    oidc_ca_file: Path | None = field(
        default=None, metadata=_says("whom to trust for providers (PEM), in place of the system's authorities", "place")
    )
    lookup_seconds: float = field(default=2.0, metadata=_says("time one lookup may take", "duration"))
    keep_editions: int = field(
        default=5, metadata=_says("editions kept to go back to, the current one included", "int", within=POSITIVE)
    )
    keep_reports: int = field(
        default=20, metadata=_says("reports of syncs kept for administrators", "int", within=POSITIVE)
    )
    log_level: int = field(default=logging.INFO, metadata=_says("debug, info, warning or error", "log_level"))
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as an operator reads it; `value` is masked where it may carry a secret."""

    variable: str
    value: str
    is_default: bool
    says: str


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an environment; an empty variable counts as not set.

    A setting that may carry a secret can be given as a file: `FLAGGING_X_FILE` for `FLAGGING_X`.
    While a demo runs in the state directory, its settings stand in for variables not set, so that other commands
    find it: all of them or none, so that its synthetic list never meets a Redis or key named by `environ`.
    Raises SettingInvalid for the first variable that is unknown or cannot be used.
    """
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value.strip()}
    given = with_files_read(given, (variable_of(each.name) for each in _declared() if each.metadata["secret"]))
    _refuse_unknown(given)
    state_dir = _read_given(given, "state_dir").get("state_dir", Path("state").absolute())
    of_demo = _settings_of_demo(state_dir, given)
    values: dict[str, Any] = {"config_dir": find_config_dir(Path.cwd())}
    values |= _read_given(of_demo | given, *(each.name for each in _declared()))
    settings = Settings(**values | {"state_dir": state_dir, "is_demo": bool(of_demo)})
    _verify_together(settings)
    return settings


def describe(settings: Settings) -> list[SettingRow]:
    """Return one row per setting, in the order of declaration, for `flagging check-config --show`."""
    return [
        SettingRow(
            variable=variable_of(each.name),
            value=_shown(each, getattr(settings, each.name)),
            is_default=getattr(settings, each.name) == each.default,
            says=each.metadata["says"],
        )
        for each in _declared()
    ]


def needed(value: T | None, variable: str) -> T:
    """Return the value of a setting that a command cannot do without; raise SettingInvalid when it is not set."""
    if value is None:
        raise SettingInvalid(variable, "is not set")
    return value


def variable_of(name: str) -> str:
    """Return the environment variable that sets the field `name`."""
    return PREFIX + name.upper()


def find_config_dir(start: Path) -> Path:
    """Return `config` in `start` if it is ours, else that of the source tree we run from, else the installed one.

    Where none is there, it is the first: whoever then reads it names a place that an operator would look at.
    """
    places = (
        start.absolute() / "config",
        Path(__file__).resolve().parent.parent / "config",
        Path(get_path("data")) / "share" / "flagging" / "config",
    )
    return next((place for place in places if _is_ours(place)), places[0])


def _is_ours(config_dir: Path) -> bool:
    try:
        return (config_dir / CONFIG_MARK).is_file()
    except OSError:  # somebody's directory that this account may not enter, where a command was typed
        return False


def is_demo_running(state_dir: Path) -> bool:
    """Tell whether a demo uses this state directory: it holds a lock there for as long as it lives."""
    try:
        with (state_dir / DEMO_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class _Given(Env):
    """environs reading a given mapping in place of this process's environment."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__()
        self._given = given
        for kind, parse in PARSERS.items():
            self.add_parser(kind, parse)

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key, default)


def _declared() -> list[Field[Any]]:
    return [each for each in fields(Settings) if each.metadata]


def _read_given(given: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Parse the settings among `names` that are given; the others keep the defaults of their declaration."""
    environment = _Given(given)
    values: dict[str, Any] = {}
    for each in _declared():
        variable = variable_of(each.name)
        if each.name in names and variable in given:
            try:
                values[each.name] = getattr(environment, each.metadata["kind"])(variable, **each.metadata["options"])
            except EnvValidationError as error:
                raise SettingInvalid(variable, " ".join(error.error_messages)) from None
    return values


def _refuse_unknown(given: Mapping[str, str]) -> None:
    known = [variable_of(each.name) for each in _declared()]
    for name in sorted(given):
        if name not in known and not name.startswith(TEST_PREFIX):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise SettingInvalid(name, f"no such setting; the nearest is {near}")


def _settings_of_demo(state_dir: Path, given: Mapping[str, str]) -> dict[str, str]:
    if not is_demo_running(state_dir):
        return {}
    of_demo = {name: value for name, value in dotenv_values(state_dir / DEMO_ENV, interpolate=False).items() if value}
    if any(given.get(name, of_demo.get(name)) != of_demo.get(name) for name in WHAT_A_DEMO_OWNS):
        return {}
    return of_demo


def _verify_together(settings: Settings) -> None:
    """Refuse values that are each fine and make no sense together."""
    if settings.sync_seconds >= settings.stale_after:
        raise SettingInvalid("FLAGGING_STALE_AFTER", "must be longer than FLAGGING_SYNC_SECONDS")
    if settings.stale_after >= settings.refuse_after:
        raise SettingInvalid("FLAGGING_REFUSE_AFTER", "must be longer than FLAGGING_STALE_AFTER")
    if settings.master_list_key_file and not settings.master_list_cert_file:
        raise SettingInvalid("FLAGGING_MASTER_LIST_KEY_FILE", "is of no use without FLAGGING_MASTER_LIST_CERT_FILE")
    if settings.webhook_url and not settings.webhook_secret_file:
        raise SettingInvalid("FLAGGING_WEBHOOK_SECRET_FILE", "is needed with FLAGGING_WEBHOOK_URL")
    if settings.oidc_issuer and not settings.oidc_client_id:
        raise SettingInvalid("FLAGGING_OIDC_CLIENT_ID", "is needed with FLAGGING_OIDC_ISSUER")
    if (
        settings.key_file
        and not settings.is_demo
        and settings.key_file.resolve().is_relative_to(settings.state_dir.resolve())
    ):
        raise SettingInvalid("FLAGGING_KEY_FILE", "must not lie in the state directory, beside what it seals")


def _shown(declared: Field[Any], value: Any) -> str:
    if value is None:
        return "(not set)"
    if declared.metadata["kind"] == "log_level":
        return str(logging.getLevelName(value)).lower()
    if declared.metadata["kind"] == "duration":
        return f"{value:g}"
    return mask_secrets(str(value)) if declared.metadata["secret"] else str(value)

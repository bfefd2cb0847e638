"""The providers of an installation, by its settings and `providers.toml`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flagging.access.openid.provider import Provider
from flagging.access.openid.systems import SystemTokens
from flagging.configuration.providers import ProviderPolicy
from flagging.errors import SettingInvalid
from flagging.sealing import Keyring
from flagging.settings import Settings, needed
from flagging.turns import Turns

if TYPE_CHECKING:
    from flagging.access.openid.people import PeopleSignIn


def providers_of(settings: Settings, policy: ProviderPolicy, keyring: Keyring) -> dict[str, Provider]:
    """Return a provider for each issuer that may vouch for anybody, followed from now on."""
    providers = {
        issuer: Provider(issuer, keyring, settings.state_dir, settings.oidc_ca_file) for issuer in policy.issuers
    }
    for provider in providers.values():
        provider.start()
    return providers


def system_tokens(settings: Settings, policy: ProviderPolicy, providers: Mapping[str, Provider]) -> SystemTokens:
    if policy.systems:
        needed(settings.oidc_audience, "FLAGGING_OIDC_AUDIENCE")
    return SystemTokens(policy, providers, settings.oidc_audience)


def people_sign_in(
    settings: Settings, policy: ProviderPolicy, providers: Mapping[str, Provider], waiting: Turns | None = None
) -> "PeopleSignIn | None":
    """Return how people sign in at the provider; None where only local accounts are used.

    Threads take one of the turns `waiting` while they wait for it.
    """
    if settings.oidc_issuer is None:
        return None
    grant = policy.people_of(settings.oidc_issuer)
    if grant is None:
        raise SettingInvalid("FLAGGING_OIDC_ISSUER", "is not among [[people]] in providers.toml")
    # The client of the provider takes 6 MiB of a process: where nobody signs in by it, it is not imported.
    from flagging.access.openid.people import PeopleSignIn  # noqa: PLC0415

    client_id = needed(settings.oidc_client_id, "FLAGGING_OIDC_CLIENT_ID")
    return PeopleSignIn(providers[settings.oidc_issuer], grant, client_id, _secret(settings), within=waiting)


def _secret(settings: Settings) -> str | None:
    if settings.oidc_client_secret_file is None:
        return None
    try:
        secret = settings.oidc_client_secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingInvalid("FLAGGING_OIDC_CLIENT_SECRET_FILE", "cannot be read") from None
    if not secret:
        raise SettingInvalid("FLAGGING_OIDC_CLIENT_SECRET_FILE", "is empty")
    return secret

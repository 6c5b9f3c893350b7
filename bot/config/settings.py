"""Settings: secrets and addresses, from the environment and `.env`."""

import ipaddress
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.exposure import Network, exposure_faults, header_name, issuer, networks
from bot.errors import Fault, MisfitError, OperatorMistake
from bot.yamltext import hint_of, nearest

PREFIX: Final = "FIREWARDEN_"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener binds; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        """Format as `host:port`, the host of IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class LogLevel(StrEnum):
    """How much the log says."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """For eyes, or for a log collector."""

    TEXT = "text"
    JSON = "json"


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, colon, port = value.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < _PORTS):
        raise MisfitError("it is no address", "write host:port, as 127.0.0.1:8080 or [::1]:8080")
    return Address(host, int(port))


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _secret_words(value: object) -> object:
    if not isinstance(value, str):
        return value
    words = value.replace(",", " ").split()
    if not words:
        raise MisfitError(*_EMPTY)
    return tuple(map(SecretStr, words))


def _not_empty(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise MisfitError(*_EMPTY)
    return secret


def _path(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise MisfitError(*_EMPTY)
    return value


_PORTS: Final = 65536
_EMPTY: Final = ("it is set but empty", "give it a value, or delete the line")

_COMMAND: Final = r"^[a-z][a-z0-9_-]{0,30}$"
_WORD: Final = r"^[!-~]{1,300}$"
_RUNBOOK_URL: Final = r"^https?://[!-z]*\{runbook\}[!-z]*$"
_FORMS: Final[Mapping[str, str]] = {
    _COMMAND: "lower-case letters, digits, hyphens and underscores, as incident",
    _RUNBOOK_URL: "write an address that holds {runbook}, as https://wiki.example/{runbook}",
    _WORD: "write one word, as the issuer gave it",
}

AddressText = Annotated[Address, BeforeValidator(_address)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_secret_words)]
Names = Annotated[tuple[str, ...], BeforeValidator(_words)]
CommandName = Annotated[str, StringConstraints(pattern=_COMMAND)]
"""Slack takes 32 characters with the slash, Telegram 32 without hyphens."""
Location = Annotated[Path, BeforeValidator(_path)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(networks)]
HeaderName = Annotated[str, AfterValidator(header_name)]
Issuer = Annotated[str, AfterValidator(issuer)]
RunbookUrl = Annotated[str, StringConstraints(pattern=_RUNBOOK_URL, max_length=2000)]
Word = Annotated[str, StringConstraints(pattern=_WORD)]


class Settings(BaseSettings):
    """Every variable, its meaning and its default. `None` = not configured.

    The description of each field is its documentation: `.env.example` and the README's table are
    tested against this class.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8",
        enable_decoding=False,  # lists are written as words, not as JSON
        extra="ignore",  # .env may hold other programs' names; ours are checked by _unknown_names
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    listen: AddressText = Field(
        default=Address("127.0.0.1", 8080),
        description="Where the console and its API listen; a loopback address, or any with "
        "FIREWARDEN_TLS_CERT or FIREWARDEN_PROXIES, and a real sign-in.",
    )
    ingest_listen: AddressText | None = Field(
        default=None,
        description="Where alerts, chat platforms and health checks come in; may be any address. "
        "Default: the same as FIREWARDEN_LISTEN.",
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description="The console's address as people reach it: its host and origin are let in, "
        "links lead there, and https makes cookies `__Host-` ones. Default: http:// and "
        "FIREWARDEN_LISTEN.",
    )
    runbook_url: RunbookUrl | None = Field(
        default=None,
        description="Where people read a runbook, for the bar of a Slack channel: an http or https "
        "address with {runbook} in the place of its name, as "
        "https://git.example.org/runbooks/{runbook}.yaml. Default: no link.",
    )
    allowed_hosts: Names = Field(
        default=(),
        description="Further Host names that requests may ask for, separated by commas. The "
        "listening addresses and the host of FIREWARDEN_PUBLIC_URL are always allowed.",
    )
    proxies: Networks = Field(
        default=(),
        description="Addresses or networks of the proxies that people come through, separated by "
        "commas; they alone may set FIREWARDEN_IDENTITY_HEADER. Default: none.",
    )
    identity_header: HeaderName | None = Field(
        default=None,
        description="Header in which FIREWARDEN_PROXIES say who somebody is, by the e-mail address "
        "in the policy, as X-Forwarded-Email.",
    )
    oidc_issuer: Issuer | None = Field(
        default=None,
        description="OpenID Connect: the issuer at which people sign in, exactly as it calls "
        "itself. Its redirect address is /oidc/callback below FIREWARDEN_PUBLIC_URL.",
    )
    oidc_client_id: Word | None = Field(
        default=None, description="OpenID Connect: what the issuer calls Firewarden."
    )
    oidc_client_secret: Secret | None = Field(
        default=None, description="OpenID Connect: Firewarden's secret at the issuer."
    )
    fresh_sign_in: int = Field(
        default=15,
        ge=1,
        le=720,
        description="OpenID Connect: minutes after which a sign-in is too old for deciding "
        "anything; reading goes on.",
    )
    tls_cert: Location | None = Field(
        default=None,
        description="Certificate chain (PEM) of the console's listener; taken over when renewed.",
    )
    tls_key: Location | None = Field(
        default=None, description="Private key (PEM) of FIREWARDEN_TLS_CERT."
    )
    incident_command: CommandName = Field(
        default="incident",
        description="What the command for incidents is called in chats, without the slash. In "
        "Slack print the manifest anew.",
    )
    runbook_command: CommandName = Field(
        default="runbook",
        description="What the command for runbooks is called in chats, without the slash.",
    )
    data: Location = Field(
        default=Path("var"), description="Folder of the journal, keys and generated secrets."
    )
    policy: Location | None = Field(
        default=None,
        description="The team's policy file (YAML). Default: the policy inside the package.",
    )
    runbooks: Location | None = Field(
        default=None, description="Folder of the team's runbooks, beside those that ship."
    )
    templates: Location | None = Field(
        default=None, description="Folder of texts that replace those that ship, by file name."
    )
    drain: int = Field(
        default=90,
        ge=0,
        le=3600,
        description="Seconds that a stop waits for running commands; what is left then is handed "
        "over to the next process. Below the patience of whatever stops it.",
    )
    notify_socket: str | None = Field(
        default=None,
        validation_alias="NOTIFY_SOCKET",
        description="Set by systemd where the unit has Type=notify: where it hears of our state.",
    )
    watchdog_usec: int | None = Field(
        default=None,
        gt=0,
        validation_alias="WATCHDOG_USEC",
        description="Set by systemd where the unit has WatchdogSec: how long silence is borne.",
    )
    alert_token: Secrets | None = Field(
        default=None,
        description="Bearer token of every alert source; several, separated by commas, while one "
        "is being replaced. Default: generated once, kept in the data folder.",
    )
    alert_token_alertmanager: Secrets | None = Field(
        default=None, description="Tokens of this source alone, instead of FIREWARDEN_ALERT_TOKEN."
    )
    alert_token_generic: Secrets | None = Field(
        default=None, description="Tokens of this source alone, instead of FIREWARDEN_ALERT_TOKEN."
    )
    webhook_secret: Secret | None = Field(
        default=None,
        description="Signs outgoing page webhooks (HMAC-SHA256); needed where the policy has one.",
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="How much the log says.")
    log_format: LogFormat = Field(
        default=LogFormat.TEXT, description="`text` for eyes, `json` for a collector."
    )
    slack_bot_token: Secret | None = Field(
        default=None,
        validation_alias="SLACK_BOT_TOKEN",
        description="Slack: the bot's token (xoxb-...).",
    )
    slack_app_token: Secret | None = Field(
        default=None,
        validation_alias="SLACK_APP_TOKEN",
        description="Slack: the app-level token for Socket Mode (xapp-...).",
    )
    slack_signing_secret: Secret | None = Field(
        default=None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="Slack: signing secret, where Slack calls us over HTTP instead.",
    )
    slack_api_url: HttpUrl = Field(
        default=HttpUrl("https://slack.com/api/"),
        validation_alias="SLACK_API_URL",
        description="Slack: address of the API, for proxies and tests.",
    )
    telegram_bot_token: Secret | None = Field(
        default=None,
        validation_alias="TELEGRAM_BOT_TOKEN",
        description="Telegram: the bot's token.",
    )
    telegram_group: int | None = Field(
        default=None,
        validation_alias="TELEGRAM_GROUP",
        description="Telegram: id of the group whose topics are the rooms.",
    )
    telegram_channels: str | None = Field(
        default=None,
        validation_alias="TELEGRAM_CHANNELS",
        description="Telegram: channels by name, as announcements=-100123,stakeholders=-100456.",
    )
    telegram_webhook_url: HttpUrl | None = Field(
        default=None,
        validation_alias="TELEGRAM_WEBHOOK_URL",
        description="Telegram: address that Telegram calls. Default: long polling.",
    )
    telegram_webhook_secret: Secret | None = Field(
        default=None,
        validation_alias="TELEGRAM_WEBHOOK_SECRET",
        description="Telegram: secret that Telegram sends along with every call.",
    )
    telegram_api_url: HttpUrl = Field(
        default=HttpUrl("https://api.telegram.org/"),
        validation_alias="TELEGRAM_API_URL",
        description="Telegram: address of the API, for proxies and tests.",
    )

    @property
    def signs_in(self) -> bool:
        """Whether people prove who they are by more than a seat's link."""
        return self.oidc_issuer is not None or self.identity_header is not None

    @property
    def encrypts(self) -> bool:
        """Whether the console's listener speaks TLS itself."""
        return self.tls_cert is not None

    @property
    def public_origin(self) -> str:
        """`https://bot.example`, as browsers write it; "" without FIREWARDEN_PUBLIC_URL."""
        url = self.public_url
        if url is None:
            return ""
        usual = {"http": 80, "https": 443}[url.scheme]
        port = "" if url.port in {None, usual} else f":{url.port}"
        return f"{url.scheme}://{url.host}{port}"

    @property
    def ingest(self) -> Address:
        """Where machine endpoints listen."""
        return self.ingest_listen or self.listen

    def alert_tokens(self, source: str) -> tuple[str, ...]:
        """Return the bearer tokens that `source` may show; empty = none configured."""
        own = {
            "alertmanager": self.alert_token_alertmanager,
            "generic": self.alert_token_generic,
        }.get(source)
        return tuple(token.get_secret_value() for token in own or self.alert_token or ())

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value, for the redactor."""
        values = [getattr(self, name) for name in type(self).model_fields]
        return tuple(secret.get_secret_value() for value in values for secret in _secrets_in(value))


def load_settings(env_file: Path = Path(".env")) -> Settings:
    """Read the environment, and `env_file` below it.

    Raises OperatorMistake with every fault: a value that cannot be read, an empty one, and a
    FIREWARDEN_ name that does not exist. No fault repeats a value.
    """
    written = _lines_of(env_file)
    faults = list(_unknown_names({**written, **dict.fromkeys(os.environ)}, env_file))
    try:
        # pydantic-settings takes the file by this private name; its type is not in the signature.
        settings = Settings(_env_file=env_file)
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            name = variable_name(str(details["loc"][0]))
            message = details["msg"].removeprefix("Value error, ").replace("Input", "it", 1)
            hint = hint_of(details, _FORMS)
            faults.append(_fault(name, f"{name}: {message}", hint, written, env_file))
        _refuse(faults)
    faults += [
        _fault(name, f"{name}: {message}", hint, written, env_file)
        for name, message, hint in exposure_faults(settings)
    ]
    if faults:
        _refuse(faults)
    return settings


def variable_name(field: str) -> str:
    """Return the environment variable of a field of `Settings`, or of the name pydantic gave."""
    info = Settings.model_fields.get(field)
    if info is None:
        return field.upper()
    # The platforms' names are usual ones and carry no prefix of ours.
    alias = info.validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


def _unknown_names(names: Mapping[str, object], env_file: Path) -> Iterator[Fault]:
    known = {variable_name(field) for field in Settings.model_fields}
    written = _lines_of(env_file)
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            hint = nearest(name, known) or "take it out, or see .env.example"
            yield _fault(name, f"unknown setting {name}", hint, written, env_file)


def _lines_of(env_file: Path) -> dict[str, int]:
    """Return the line on which each name of the file is set."""
    if not env_file.is_file():
        return {}
    names = dotenv_values(env_file, interpolate=False)
    lines = env_file.read_text("utf-8").splitlines()
    return {name: _line_of(name, lines) for name in names}


def _line_of(name: str, lines: Sequence[str]) -> int:
    starts = (f"{name}=", f"export {name}=", f"{name} =")
    return next((n for n, line in enumerate(lines, 1) if line.lstrip().startswith(starts)), 0)


def _fault(name: str, message: str, hint: str, written: Mapping[str, int], env_file: Path) -> Fault:
    # The environment wins over the file, so it is also where a fault is mended first.
    if name in os.environ or name not in written:
        return Fault(file="environment", message=message, hint=hint)
    return Fault(file=str(env_file), line=written[name], message=message, hint=hint)


def _refuse(faults: Sequence[Fault]) -> NoReturn:
    raise OperatorMistake(sorted(set(faults)))


def _secrets_in(value: object) -> Iterator[SecretStr]:
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, tuple):
        yield from (item for item in value if isinstance(item, SecretStr))

"""What settings, policy and files must be together; each alone looked right."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bot.config.settings import Settings
from bot.domain.policy import Policy
from bot.errors import Fault
from bot.values import Host


def joint_faults(settings: Settings, policy: Policy) -> tuple[Fault, ...]:
    """Return every fault that needs the settings and the policy, or the disk, to see.

    Key files of practice hosts are made by us and are not looked at.
    """
    file = str(settings.policy or "default_policy.yaml")
    found = (
        *_name_faults(settings),
        *_platform_faults(settings, policy, file),
        *_webhook_faults(settings, policy, file),
        *_folder_faults(settings),
        *_tls_faults(settings),
        *(
            fault
            for host in policy.hosts.values()
            if not host.practice
            for fault in _key_faults(host, file)
        ),
    )
    return tuple(sorted(set(found)))


def _name_faults(settings: Settings) -> Iterator[Fault]:
    if settings.incident_command == settings.runbook_command:
        yield Fault(
            file="environment",
            message=f"both commands are called /{settings.incident_command}",
            hint="FIREWARDEN_INCIDENT_COMMAND and FIREWARDEN_RUNBOOK_COMMAND differ",
        )


def _platform_faults(settings: Settings, policy: Policy, file: str) -> Iterator[Fault]:
    for platform, token, name in (
        ("slack", settings.slack_bot_token, "SLACK_BOT_TOKEN"),
        ("telegram", settings.telegram_bot_token, "TELEGRAM_BOT_TOKEN"),
    ):
        if platform in policy.platforms and token is None:
            yield Fault(
                file=file,
                message=f"chat.platforms names {platform}, and {name} is not set",
                hint=f"set {name}, or take {platform} out",
            )
    heard = settings.slack_app_token or settings.slack_signing_secret
    if settings.slack_bot_token is not None and heard is None:
        yield Fault(
            file="environment",
            message="SLACK_BOT_TOKEN alone lets Slack be told and not heard",
            hint="set SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET (HTTP)",
        )
    if settings.telegram_webhook_url is not None and settings.telegram_webhook_secret is None:
        yield Fault(
            file="environment",
            message="TELEGRAM_WEBHOOK_URL without a secret takes calls from anybody",
            hint="set TELEGRAM_WEBHOOK_SECRET",
        )


def _webhook_faults(settings: Settings, policy: Policy, file: str) -> Iterator[Fault]:
    if settings.webhook_secret is not None:
        return
    named = [person.name for person in policy.people.values() if person.webhook]
    named += [name for name, escalation in policy.escalations.items() if escalation.webhook]
    for name in named:
        yield Fault(
            file=file,
            message=f"pages for {name} go to a webhook, and nothing signs them",
            hint="set FIREWARDEN_WEBHOOK_SECRET",
        )


def _folder_faults(settings: Settings) -> Iterator[Fault]:
    for name, folder in (
        ("FIREWARDEN_RUNBOOKS", settings.runbooks),
        ("FIREWARDEN_TEMPLATES", settings.templates),
    ):
        if folder is not None and not folder.is_dir():
            yield Fault(
                file="environment",
                message=f"{name}: {folder} is not a folder",
                hint=f"make it, or take {name} out",
            )


def _tls_faults(settings: Settings) -> Iterator[Fault]:
    if settings.tls_cert is not None and not settings.tls_cert.is_file():
        message = f"FIREWARDEN_TLS_CERT: {settings.tls_cert} is not a file"
        yield Fault(file="environment", message=message, hint="name the file of the chain, in PEM")
    fault = None if settings.tls_key is None else _key_file_fault(settings.tls_key)
    if fault:
        message, hint = fault
        yield Fault(
            file="environment",
            message=f"FIREWARDEN_TLS_KEY: {settings.tls_key} {message}",
            hint=hint,
        )


def _key_faults(host: Host, file: str) -> Iterator[Fault]:
    for login, key_file in (("observe", host.observe_key_file), ("change", host.change_key_file)):
        fault = _key_file_fault(Path(key_file))
        if fault:
            message, hint = fault
            place = f"host {host.name}, {login} login"
            yield Fault(file=file, message=f"{place}: {key_file} {message}", hint=hint)


def _key_file_fault(path: Path) -> tuple[str, str] | None:
    """Return what is wrong with a private key's file and how to mend it, None where it is fine."""
    try:
        status = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        hint = f"make it with ssh-keygen, or let Firewarden's user read {path}"
        return f"cannot be read: {error.strerror}", hint
    if path.suffix == ".pub":
        return None  # the private half is in an agent
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        return f"may be read by others (mode {mode})", f"chmod 600 {path}"
    return None

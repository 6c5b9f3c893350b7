"""A team's policy file: what it changes, and every way to get it wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from bot.config import Known, default_policy, load_policy, read_policy
from bot.domain.policy import Autonomy, Policy, Quorum, RouteAction, RunbookStart
from bot.errors import OperatorMistake
from bot.values import HostName, PersonId, Severity, Tier

KNOWN = Known(
    runbooks=frozenset({"disk-full", "high-cpu"}),
    templates=frozenset({"stakeholder", "customer_initial"}),
    sources=frozenset({"alertmanager", "drill", "generic"}),
)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZkKx4mR9x3lDk8b7i6m9QyqvYd7cXr6cD5Yd0XwqV1"
TEAM = """\
people:
  ada: {name: Ada, accounts: {slack: T1/U1, telegram: 42, console: [ada, ada-phone]}}
  ben: {name: Ben}
  eve: {name: Eve}
groups:
  responder: [ada, ben]
  approver: [ben, eve]
"""


def team(text: str) -> Policy:
    return read_policy(TEAM + dedent(text), "policy.yaml", KNOWN)


def faults(text: str, *, beside: str = TEAM) -> list[str]:
    """Return the faults with their lines counted from the first line of `text`."""
    with pytest.raises(OperatorMistake) as caught:
        read_policy(dedent(text) + beside, "policy.yaml", KNOWN)
    return [str(fault) for fault in caught.value.faults]


# --- what a file changes ----------------------------------------------------------------------


def test_an_empty_file_is_the_default_policy_with_the_door_closed() -> None:
    policy = read_policy("", "policy.yaml", KNOWN)
    assert not policy.open_door
    assert policy.groups == default_policy().groups
    assert policy.version != default_policy().version


def test_one_word_of_one_severity_can_be_changed() -> None:
    policy = team("severities: {SEV3: {cadence: 45m}}")
    changed = policy.severities[Severity.SEV3]
    assert (changed.cadence, changed.resolve_within) == (timedelta(minutes=45), timedelta(hours=8))
    assert policy.severities[Severity.SEV1] == default_policy().severities[Severity.SEV1]


def test_people_and_groups_replace_those_of_the_package() -> None:
    policy = team("")
    assert sorted(policy.people) == ["ada", "ben", "eve"]
    assert policy.people[PersonId("ada")].accounts == (
        ("slack", "T1/U1"),
        ("telegram", "42"),
        ("console", "ada"),
        ("console", "ada-phone"),
    )
    assert policy.groups == {"responder": ("ada", "ben"), "approver": ("ben", "eve")}


def test_an_escalation_pages_the_people_named_or_the_group_in_its_order() -> None:
    policy = team(
        """
        paging:
          default: front
          escalations:
            front: {group: responder, every: 3m}
            back: {group: approver, people: [eve, ben]}
        """
    )
    assert policy.escalations["front"].people == ("ada", "ben")
    assert policy.escalations["front"].every == timedelta(minutes=3)
    assert policy.escalations["back"].people == ("eve", "ben")
    assert policy.no_commander_after == timedelta(minutes=5)


def test_a_teams_approval_rules_come_on_top_of_those_of_the_package() -> None:
    policy = team(
        """
        services: {payments: {}}
        approvals:
          expires-in: 2h
          rules:
            - name: payments
              services: [payments]
              quorum: [{groups: [approver]}, {groups: [responder]}]
              expires-in: 30m
        """
    )
    assert [rule.name for rule in policy.approval_rules] == [
        "dangerous-read-only",
        "reversible",
        "irreversible",
        "payments",
    ]
    assert policy.approval_rules[-1].quorums == (
        Quorum(groups=("approver",), count=1),
        Quorum(groups=("responder",), count=1),
    )
    assert policy.approval_rules[-1].expires_in == timedelta(minutes=30)
    assert policy.approval_expires_in == timedelta(hours=2)
    assert policy.approval_expires_in_sev1 == timedelta(minutes=15)


def test_small_repairs_run_by_themselves_only_where_the_policy_says_so() -> None:
    assert team("").autonomy is Autonomy.NONE
    assert team("approvals: {autonomy: reversible}").autonomy is Autonomy.REVERSIBLE


def test_a_host_takes_its_logins_from_the_section_for_all_hosts() -> None:
    policy = team(
        f"""
        ssh: {{observe: {{key-file: keys/observe}}, change: {{key-file: /etc/fw/change}}}}
        services: {{web: {{owner: platform, health-url: "https://web.example/health"}}}}
        hosts:
          web1: {{address: 10.0.0.5, port: 2222, service: web, host-key: {KEY} root@web1}}
          web2: {{address: web2, service: web, host-key: {KEY}, change: {{user: deploy}}}}
        """
    )
    web1, web2 = policy.hosts[HostName("web1")], policy.hosts[HostName("web2")]
    assert (web1.address, web1.port, web1.service, web1.host_key) == ("10.0.0.5", 2222, "web", KEY)
    assert (web1.observe_user, web1.observe_key_file) == ("firewarden-observe", "keys/observe")
    assert (web1.change_user, web1.change_key_file) == ("firewarden-change", "/etc/fw/change")
    assert (web2.change_user, web2.change_key_file) == ("deploy", "/etc/fw/change")
    assert policy.services["web"].health_url == "https://web.example/health"


def test_a_host_is_known_by_an_authority_and_some_keys_are_never_accepted() -> None:
    policy = team(
        f"""
        ssh: {{observe: {{key-file: observe}}, change: {{key-file: change}}}}
        services: {{web: {{}}}}
        hosts:
          web1:
            address: web1
            service: web
            host-key: "@cert-authority {KEY} the hosts' authority"
            revoked-host-keys: ["{KEY} lost"]
        """
    )
    web1 = policy.hosts[HostName("web1")]
    assert (web1.host_key, web1.revoked_host_keys) == (f"@cert-authority {KEY}", (KEY,))


def test_a_relative_key_file_starts_at_the_folder_of_the_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "ssh: {observe: {key-file: observe.key}, change: {key-file: change.key}}\n"
        "services: {web: {}}\n"
        f"hosts: {{web1: {{address: web1, service: web, host-key: {KEY}}}}}\n"
    )
    host = load_policy(path, KNOWN).hosts[HostName("web1")]
    assert host.observe_key_file == str(tmp_path / "observe.key")


def test_routes_say_what_an_alert_becomes() -> None:
    policy = team(
        """
        alerts:
          routes:
            - name: disks
              source: alertmanager
              matches: {alertname: DiskFull}
              severity: p1
              severity-map: {page: sev1}
              group-by: [instance]
              pages: security
              runbook: disk-full
              start: triage
              muted:
                - {from: "2026-11-21T22:00:00+01:00", until: "2026-11-22T00:00:00Z", why: move}
            - {name: rest, action: post}
        """
    )
    drill, disks, rest = policy.routes
    assert drill.drill
    assert (disks.severity, dict(disks.severity_map)) == (Severity.SEV2, {"page": Severity.SEV1})
    assert (disks.pages, disks.runbook, disks.start) == (
        "security",
        "disk-full",
        RunbookStart.TRIAGE,
    )
    assert disks.muted == (
        (datetime(2026, 11, 21, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
    )
    assert (rest.action, rest.severity) == (RouteAction.POST, Severity.SEV3)


def test_two_files_that_differ_have_two_versions() -> None:
    assert team("").version != team("default-severity: SEV4").version
    assert team("").version == team("").version


# --- what is wrong with a file ------------------------------------------------------------------


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorMistake, match=r"gone\.yaml: cannot be read: No such file"):
        load_policy(tmp_path / "gone.yaml", KNOWN)


def test_unknown_keys_names_and_wrong_values_are_told_together() -> None:
    assert faults(
        """\
        alerts: {routes: [{name: x, runbook: disk-ful, severty: 1}]}
        severities: {SEV1: {cadence: 10}}
        paging: {default: nobody}
        """
    ) == [
        "policy.yaml:1:38: unknown runbook 'disk-ful' (did you mean 'disk-full'?)",
        "policy.yaml:1:48: unknown key 'severty' (did you mean 'severity'?)",
        "policy.yaml:2:30: cadence: a duration has its unit (write 30s, 5m, 1h30m or 7d)",
        "policy.yaml:3:19: unknown escalation 'nobody' (known: dba, on-call, security)",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "approvals: {rules: [{name: r, quorum: [{groups: [dba]}]}]}",
            "policy.yaml:1:50: unknown group 'dba' (known: approver, responder)",
        ),
        (
            "approvals: {rules: [{name: r, quorum: []}]}",
            "policy.yaml:1:39: quorum: an empty list (name something, or leave the key out)",
        ),
        (
            "approvals: {autonomy: everything}",
            (
                "policy.yaml:1:23: autonomy: 'everything' is not possible here"
                " (write none or reversible)"
            ),
        ),
        (
            "approvals: {rules: [{name: r, tiers: [], quorum: [{groups: [approver]}]}]}",
            "policy.yaml:1:38: tiers: an empty list (name something, or leave the key out)",
        ),
        (
            (
                "approvals: {rules: [{name: r, tiers: [irreversible], quorum: "
                "[{groups: [approver], count: 3}]}]}"
            ),
            (
                "policy.yaml:1:63: the rule 'r' asks for 3 of approver, which has 2: it could "
                "never be met (add people to the group, or write a rule of your own "
                "with override: true)"
            ),
        ),
        (
            (
                "approvals: {rules: [{name: r, tiers: [irreversible], runbooks: [disk-full], "
                "quorum: [{groups: [approver]}]}]}"
            ),
            (
                "policy.yaml:1:21: the rule 'r' demands less than 'irreversible', which holds too "
                "(rules combine to the strictest; to loosen on purpose write override: true)"
            ),
        ),
        (
            "approvals: {rules: [{name: reversible, quorum: [{groups: [approver], count: 2}]}]}",
            (
                "policy.yaml:1:28: the rule 'reversible' is given twice, first at"
                " default_policy.yaml:65 (take one of them out, or change it)"
            ),
        ),
        (
            "paging: {escalations: {on-call: {group: responder, people: [adda]}}}",
            "policy.yaml:1:61: unknown person 'adda' (did you mean 'ada'?)",
        ),
        (
            "audiences: {press: {channel: press, external: true, template: customer_initial}}",
            (
                "policy.yaml:1:13: nobody could approve a notice for 'press' "
                "(put people into the group 'communications')"
            ),
        ),
        (
            "audiences: {press: {channel: press, external: false, template: customer_intial}}",
            (
                "policy.yaml:1:64: unknown template 'customer_intial' "
                "(did you mean 'customer_initial'?)"
            ),
        ),
        (
            "chat: {platforms: [console, slak]}",
            "policy.yaml:1:29: unknown platform 'slak' (did you mean 'slack'?)",
        ),
        (
            "alerts: {routes: [{name: all}, {name: disks, matches: {alertname: DiskFull}}]}",
            (
                "policy.yaml:1:32: the route 'disks' is never reached: 'all' takes its alerts "
                "(the first match wins: move the narrower route up)"
            ),
        ),
        (
            "alerts: {routes: [{name: x, severity: SEV6}]}",
            "policy.yaml:1:39: severity: this is no severity (write SEV1 to SEV5 or P0 to P4)",
        ),
        (
            (
                "alerts: {routes: [{name: x, muted: [{from: 2026-11-22T00:00:00Z, "
                "until: 2026-11-21T00:00:00Z}]}]}"
            ),
            ("policy.yaml:1:37: muted: the window ends before it starts (swap `from` and `until`)"),
        ),
        (
            "open-door: maybe",
            "policy.yaml:1:12: open-door: input should be a valid boolean (write true or false)",
        ),
        (
            "tokens: {answer: ada}",
            (
                "policy.yaml:1:18: answer: input should be a list "
                "(write a list: [a, b] or one '- ' per line)"
            ),
        ),
    ],
)
def test_a_fault_has_its_place_and_says_what_to_do(text: str, fault: str) -> None:
    assert faults(f"{text}\n") == [fault]


def test_a_rule_that_loosens_on_purpose_is_taken() -> None:
    policy = team(
        """
        approvals:
          rules:
            - name: caches
              tiers: [irreversible]
              runbooks: [disk-full]
              quorum: [{groups: [approver]}]
              override: true
        """
    )
    assert policy.approval_rules[-1].override
    assert policy.approval_rules[-1].tiers == (Tier.IRREVERSIBLE,)


def test_an_overriding_rule_makes_a_quorum_of_the_package_unnecessary() -> None:
    alone = "people: {ada: {name: Ada}}\ngroups: {responder: [ada], approver: [ada]}\n"
    assert faults("", beside=alone) == [
        (
            "default_policy.yaml:70:16: the rule 'irreversible' asks for 2 of approver, which has "
            "1: it could never be met (add people to the group, or write a rule of your own "
            "with override: true)"
        )
    ]
    policy = read_policy(
        alone + "approvals: {rules: [{name: alone, tiers: [irreversible], override: true, "
        "quorum: [{groups: [approver]}]}]}\n",
        "policy.yaml",
        KNOWN,
    )
    assert policy.approval_rules[-1].name == "alone"


def test_an_escalation_target_that_resolves_to_nobody_is_a_fault() -> None:
    assert faults(
        "paging: {escalations: {on-call: {group: responder}, dba: {group: dba}}}\n",
        beside=TEAM + "  dba: []\n",
    ) == [
        (
            "policy.yaml:1:53: the escalation 'dba' resolves to nobody"
            " (put people into the group 'dba', or write `people:` here)"
        )
    ]


def test_a_user_group_alone_is_nobody_to_wake() -> None:
    [fault] = faults(
        "paging: {escalations: {on-call: {group: responder}, dba: {group: dba}}}\n"
        "chat: {platforms: [console, slack]}\n",
        beside=TEAM + "  dba: [{slack-group: T1/S1}]\n",
    )
    assert fault == (
        "policy.yaml:1:53: the escalation 'dba' resolves to nobody (the group 'dba' has nobody by "
        "name, and a user group may be empty or unknown when somebody must be woken: name a person "
        "too)"
    )


def test_people_without_groups_are_one_fault_and_no_flood() -> None:
    assert faults("people: {ada: {name: Ada}}\n", beside="") == [
        (
            "policy.yaml:1:1: people without groups: nobody could respond or approve "
            "(write the section 'groups' too)"
        )
    ]


def test_what_the_package_asks_of_a_team_is_told_as_the_teams_to_define() -> None:
    told = faults("", beside="people: {ada: {name: Ada}}\ngroups: {approver: [ada]}\n")
    assert len(told) == 3
    for line in told:
        assert line.startswith("default_policy.yaml:")
        assert line.endswith(
            ": unknown group 'responder' (known: approver; the policy inside the package asks for"
            " it: define it, or write this section yourself)"
        )


def test_one_account_belongs_to_one_person() -> None:
    assert faults(
        "",
        beside="people:\n  ada: {name: Ada, accounts: {telegram: 42}}\n"
        "  ben: {name: Ben, accounts: {telegram: 42}}\n"
        "groups: {responder: [ada], approver: [ada, ben]}\n",
    ) == [
        (
            "policy.yaml:3:41: the Telegram account '42' is given twice, first at policy.yaml:2"
            " (take one of them out, or change it)"
        )
    ]


@pytest.mark.parametrize(
    ("accounts", "fault"),
    [
        (
            "{slack: U1}",
            (
                "'U1' names no workspace: a user id alone is not unique "
                "(write <team id>/<user id>, as T0123/U0456)"
            ),
        ),
        (
            "{telegram: ada}",
            "'ada' is not a Telegram user id (write the number: a user name may change hands)",
        ),
    ],
)
def test_an_account_is_named_so_that_it_cannot_become_somebody_else(
    accounts: str, fault: str
) -> None:
    beside = (
        f"people: {{ada: {{name: Ada, accounts: {accounts}}}, ben: {{name: Ben}}}}\n"
        "groups: {responder: [ada], approver: [ada, ben]}\n"
    )
    (found,) = faults("", beside=beside)
    assert found.endswith(f": {fault}")


@pytest.mark.parametrize(
    ("host", "found"),
    [
        (
            "{address: web1, service: web}",
            ["1:37: the key 'host-key' is missing (add `host-key: ...`)"],
        ),
        (
            "{address: web1, service: web, host-key: ssh-ed25519 AAAA}",
            [
                (
                    "1:77: host-key: this is no host key (write the host's public key as in "
                    "/etc/ssh/ssh_host_ed25519_key.pub: ssh-ed25519 AAAA...)"
                )
            ],
        ),
        (
            f"{{address: web1, service: web, host-key: {KEY}, observe: {{key-file: k}}}}",
            [
                (
                    "1:31: the host 'web1' has no key file for its change login "
                    "(write change: {key-file: ...} here, or under ssh for all hosts)"
                )
            ],
        ),
        (
            (
                f"{{address: web1, service: web, host-key: {KEY}, "
                "observe: {user: root, key-file: k}, change: {user: root, key-file: k}}"
            ),
            [
                (
                    "1:31: the host 'web1' has one user for both logins "
                    "(observe may change nothing, so it takes an account of its own)"
                )
            ],
        ),
    ],
)
def test_a_host_needs_its_key_and_two_logins(host: str, found: list[str]) -> None:
    assert faults(f"{{services: {{web: {{}}}}, hosts: {{web1: {host}}}}}", beside="") == [
        f"policy.yaml:{fault}" for fault in found
    ]


@pytest.mark.parametrize(
    "address", ["-oProxyCommand=x", "\uff11\uff12\uff17.0.0.1", "a b", "root@web1"]
)
def test_an_address_cannot_be_an_option_or_look_like_another(address: str) -> None:
    (fault,) = faults(
        "{services: {web: {}}, ssh: {observe: {key-file: k}, change: {key-file: k}}, hosts: "
        f"{{web1: {{address: '{address}', service: web, host-key: {KEY}}}}}}}",
        beside="",
    )
    assert "policy.yaml:1:" in fault
    assert "address: " in fault


# --- what Slack knows of people -----------------------------------------------------------------


def test_a_group_may_have_the_members_of_a_slack_user_group() -> None:
    policy = read_policy(
        TEAM.replace("approver: [ben, eve]", "approver: [ben, {slack-group: T1/S7}]")
        + "chat: {platforms: [console, slack]}\n",
        "policy.yaml",
        KNOWN,
    )
    assert policy.groups["approver"] == (PersonId("ben"),)
    assert policy.slack_groups["approver"] == ("T1/S7",)
    assert policy.slack_groups["responder"] == ()


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        ("{slack-group: S7}", "'S7' is no Slack user group"),
        ("{slack-group: T1/U7}", "'T1/U7' is no Slack user group"),
        ("{slack: T1/S7}", "write a person's name, or {slack-group:"),
        ("T1/S7", "unknown person 'T1/S7'"),
    ],
)
def test_a_user_group_that_is_written_wrongly_is_a_fault(member: str, fault: str) -> None:
    found = faults(
        "chat: {platforms: [console, slack]}\n",
        beside=TEAM.replace("approver: [ben, eve]", f"approver: [ben, eve, {member}]"),
    )
    assert len(found) == 1
    assert fault in found[0]


def test_a_user_group_without_slack_is_a_fault() -> None:
    grouped = TEAM.replace("approver: [ben, eve]", "approver: [ben, eve, {slack-group: T1/S7}]")
    assert faults("", beside=grouped) == [
        (
            "policy.yaml:7:3: the group 'approver' has members of Slack, which is not"
            " among chat.platforms"
            " (add slack to chat.platforms, or name people)"
        )
    ]


def test_people_are_linked_by_their_address_only_where_the_policy_says_so() -> None:
    text = TEAM.replace("ben: {name: Ben}", "ben: {name: Ben, email: ben@example.org}")
    silent = read_policy(text, "policy.yaml", KNOWN)
    linking = read_policy(f"{text}chat: {{link-by-email: [slack]}}\n", "policy.yaml", KNOWN)
    assert silent.people[PersonId("ben")].email == "ben@example.org"
    assert (silent.link_by_email, linking.link_by_email) == ((), ("slack",))


def test_one_address_belongs_to_one_person_in_whatever_case_it_is_written() -> None:
    text = TEAM.replace("ben: {name: Ben}", "ben: {name: Ben, email: a@example.org}")
    text = text.replace("eve: {name: Eve}", "eve: {name: Eve, email: A@Example.org}")
    [fault] = faults("", beside=text)
    assert "the e-mail address 'A@Example.org' is given twice" in fault


def test_one_address_belongs_to_one_person() -> None:
    text = TEAM.replace("ben: {name: Ben}", "ben: {name: Ben, email: a@example.org}")
    text = text.replace("eve: {name: Eve}", "eve: {name: Eve, email: a@example.org}")
    [fault] = faults("", beside=text)
    assert "the e-mail address 'a@example.org' is given twice" in fault

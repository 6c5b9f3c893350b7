"""What a policy refuses although the document could be run."""

import pytest

from runbooks.lint import LintRules, lint, wide_delete
from runbooks.loader import load
from tests.unit.runbooks.small import INVENTORY, changed, small

RULES = LintRules(
    triage_programs=("count", "systemctl status", "df"),
    dangerous_words=frozenset({"rm", "kill", "delete", "truncate"}),
    escalations=frozenset({"on-call", "dba"}),
    runbooks={"small": frozenset({"host", "limit"})},
)


def _lint(*changes: tuple[str, str], rules: LintRules = RULES) -> list[str]:
    runbook = load(changed(*changes), "x.yaml")
    return [str(fault) for fault in lint(runbook, INVENTORY, rules)]


def test_a_good_runbook_has_no_faults() -> None:
    assert lint(small(), INVENTORY, RULES) == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "run: count --things",
            "run: systemctl restart x",
            (
                "x.yaml:9:10: `systemctl restart` is not among the read-only commands of the policy"
                " (did you mean 'systemctl status'?)"
            ),
        ),
        (
            "run: count --things",
            "run: [sh, -c, 'df > x']",
            "x.yaml:9:10: a shell in a read-only command could do anything (use plain commands)",
        ),
        (
            "run: count --things",
            "run: df '>' /etc/passwd",
            (
                "x.yaml:9:10: a read-only command redirects nothing"
                " (let a fact read its output, or a program the file)"
            ),
        ),
        (
            "run: count --things",
            "run: count /bin/rm",
            (
                "x.yaml:9:10: 'rm' is a dangerous word in a read-only command"
                " (find a command that only looks, or make it a step of an action)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "sudo kill {{ limit }}",
            (
                "x.yaml:25:14: 'kill' is a dangerous word in a reversible action"
                " (make it irreversible with a checkpoint, or find a gentler command)"
            ),
        ),
        (
            "run: sudo shrink --to {{ limit }}",
            "run: [sudo, shrink, -c, 'kill 1']",
            (
                "x.yaml:25:14: 'kill' is a dangerous word in a reversible action"
                " (make it irreversible with a checkpoint, or find a gentler command)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "sudo rm -rf /var/{{ limit }}",
            (
                "x.yaml:25:14: this deletes too widely:"
                " /var/{} is not a fixed directory three levels deep"
                " (name each directory, or leave it to logrotate or systemd-tmpfiles)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "sudo shrink --to '<limit>'",
            (
                "x.yaml:25:14: '<limit>' looks like a placeholder that nobody filled in"
                " (fill it in, or make it a parameter)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "sudo -u root shrink",
            "x.yaml:25:14: sudo may not be given '-u' (write `sudo program ...`)",
        ),
        (
            "run: sudo shrink --to {{ limit }}",
            "run: [sudo, bash, -c, shrink]",
            (
                "x.yaml:25:14: `sudo bash` hands over the whole host"
                " (allow the one program that the step needs)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "sudo rsync -a /a /b",
            (
                "x.yaml:25:14: rsync can rehearse this: add `dry-run`"
                " (rsync --dry-run --itemize-changes)"
            ),
        ),
        (
            "sudo shrink --to {{ limit }}",
            "kubectl delete pod p",
            (
                "x.yaml:25:14: kubectl can rehearse this: add `dry-run`"
                " (kubectl ... --dry-run=client)"
            ),
        ),
        (
            "if-it-fails: escalate",
            "if-it-fails: {escalate: dbaa}",
            "x.yaml:31:29: 'dbaa' resolves to nobody (did you mean 'dba'?)",
        ),
        (
            "run: count --things",
            "run: count --things\n    on: {group: wbe}",
            "x.yaml:10:9: no host is in the group 'wbe' (did you mean 'web'?)",
        ),
        (
            "run: count --things",
            "run: count --things\n    on: web-7",
            "x.yaml:10:9: 'web-7' is no host of the inventory (did you mean 'web-3'?)",
        ),
        (
            "{type: host, from: alert.labels.instance}",
            "{type: host, default: web-7}",
            "x.yaml:5:31: 'web-7' is not in the inventory (did you mean 'web-3'?)",
        ),
        (
            "        again: count\n        expect: things <= limit",
            "        http: http://evil.test/\n        expect: status == 200",
            (
                "x.yaml:29:15: only addresses of the inventory are probed"
                ' (write "{{ service.health-url }}")'
            ),
        ),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, fault: str) -> None:
    assert fault in _lint((old, new))


def test_a_dangerous_word_is_allowed_where_a_checkpoint_is_taken() -> None:
    assert (
        _lint(
            ("tier: reversible", "tier: irreversible"),
            (
                "    undo: {not-needed: it grows again}\n",
                "    checkpoint: [{run: sudo snapshot, timeout: 1m}]\n",
            ),
            ("sudo shrink --to {{ limit }}", "sudo kill {{ limit }}"),
        )
        == []
    )


def test_a_sudo_command_must_be_covered_by_the_sudoers_of_the_hosts() -> None:
    rules = LintRules(
        triage_programs=("count",), sudo_forms=frozenset({"shrink --to <0-50>", "other"})
    )
    assert _lint(rules=rules) == [
        (
            "x.yaml:25:14: the sudoers of the hosts do not allow `shrink --to <0-100>`"
            " (see firewarden host prepare)"
        )
    ]


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /",
        "rm -r /var/log",
        "rm -fr /srv/*",
        "rm --recursive /srv/../../x/y/z",
        "rm -R relative/path/of/files",
        "rm /srv/app/cache/*",
        "find / -delete",
        "find /var -name x -delete",
        "find /var/log/app -delete",
        "find {} -name x -delete",
        "find . -name x -exec rm {} ;",
    ],
)
def test_a_wide_delete_is_seen(line: str) -> None:
    assert wide_delete(line.split()) != ""


@pytest.mark.parametrize(
    "line",
    [
        "rm /srv/app/lock",
        "rm -r /srv/app/cache",
        "find /var/log/app -name *.gz -mtime +7 -delete",
        "find / -name x",
    ],
)
def test_a_narrow_delete_is_not(line: str) -> None:
    assert wide_delete(line.split()) == ""

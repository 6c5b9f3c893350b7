"""A runbook document as the author wrote it: one class per construct, expressions compiled.

The keys are kebab-case in YAML and snake_case here. Every class refuses keys that it does not
know; what needs more than one place of the document to judge is lint's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import core_schema

from bot.errors import MisfitError
from bot.values import OnDeadline, Tier
from bot.yamltext import nearest
from runbooks.expressions import Expression, compile_expression
from runbooks.patterns import Pattern, compile_pattern
from runbooks.quantities import parse_duration
from runbooks.templates import CommandLine, Text, compile_line, compile_text, compile_words

_T = TypeVar("_T")


def _from_text(compile_: Callable[[str], _T]) -> Callable[[object], _T]:
    """Accept text, or a number or boolean that YAML made of it, and compile it."""

    def accept(value: object) -> _T:
        if isinstance(value, bool):
            return compile_("true" if value else "false")
        if isinstance(value, str | int | float):
            return compile_(str(value))
        raise MisfitError("this is no text", "write one line, in quotes where it holds ': '")

    return accept


def _command_line(value: object) -> CommandLine:
    match value:
        case str():
            return compile_line(value)
        case list() if all(isinstance(word, str | int | float) for word in value):
            return compile_words([str(word) for word in value])
        case _:
            raise MisfitError(
                "a command is one line, or a list of words",
                "write `run: program word`, or `run: [program, word]`",
            )


def _percentage(value: object) -> object:
    """Read `70` and `70%` as 70."""
    if not isinstance(value, str):
        return value
    try:
        return float(value.removesuffix("%"))
    except ValueError:
        raise MisfitError(f"{value!r} is not a percentage", "write 70 or 70%") from None


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta():
        raise MisfitError("the duration must be longer than nothing", "write 1s or more")
    if span > _LONGEST_SPAN:
        raise MisfitError("the duration is longer than a day", "write 24h or less")
    return span


_LONGEST_SPAN: Final = timedelta(days=1)
_ONE_END: Final = "leave one: `then: action`, `escalate: whom` or `resolve: true`"


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Annotation: this field is made from YAML by `accept`; `schema` is what editors are told."""

    accept: Callable[[object], object]
    schema: Mapping[str, object]

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Validate with `accept` alone; the type itself is not pydantic's to understand."""
        return core_schema.no_info_plain_validator_function(self.accept)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Return the schema that was given."""
        return dict(self.schema)


def _span(value: object) -> timedelta:
    return _positive(_from_text(parse_duration)(value))


Expr: TypeAlias = Annotated[
    Expression,
    _Read(
        _from_text(compile_expression),
        {"type": ["string", "boolean"], "description": "a Jinja2 expression without {{ }}"},
    ),
]
Sentence: TypeAlias = Annotated[
    Text,
    _Read(
        _from_text(compile_text), {"type": "string", "description": "text with {{ placeholders }}"}
    ),
]
Line: TypeAlias = Annotated[
    CommandLine,
    _Read(
        _command_line,
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 1},
            ],
            "description": "a command: one line without shell syntax, or a list of words",
        },
    ),
]
Regex: TypeAlias = Annotated[
    Pattern,
    _Read(
        _from_text(compile_pattern),
        {"type": "string", "description": "an RE2 pattern with at most one group"},
    ),
]
Span: TypeAlias = Annotated[
    timedelta,
    _Read(_span, {"type": "string", "pattern": r"^([0-9.]+(ms|s|m|h|d))+$"}),
]
_IDENTIFIER: Final = r"^[a-z][a-z0-9_]{0,39}$"
_SLUG: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
_LABEL: Final = r"^alert\.labels\.[A-Za-z_][A-Za-z0-9_]*$"
_JSON_PATH: Final = r"^\$?\.?[A-Za-z0-9_\-/]*(\.[A-Za-z0-9_\-/]+|\[(\d{1,4}|\*)\])*$"

FORMS: Final[Mapping[str, str]] = {
    _IDENTIFIER: "lower-case letters, digits and underscores, as free_bytes",
    _SLUG: "lower-case letters, digits and hyphens, as disk-full",
    _LABEL: "name a label of the alert, as alert.labels.instance",
    _JSON_PATH: "name a place, as status.phase or items[0].name",
}
"""What to write, by the pattern that a text does not match."""

Percent: TypeAlias = Annotated[
    float,
    BeforeValidator(_percentage, json_schema_input_type=float | str),
    Field(ge=0, le=100),
]
Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=_IDENTIFIER, strict=True)]
"""Names that expressions use: facts, parameters, variables."""
Slug: TypeAlias = Annotated[str, StringConstraints(pattern=_SLUG, strict=True)]
"""Names that people and paths use: runbooks, actions, triage commands."""
Short: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=300, strict=True)]


def _kebab(name: str) -> str:
    return name.strip("_").replace("_", "-")


class Part(BaseModel):
    """What all constructs share: frozen, kebab-case, no unknown keys."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        alias_generator=_kebab,
        populate_by_name=False,
        # Built at their first use: the first alert after a start does not wait for them.
        defer_build=True,
    )


# --- parameters -------------------------------------------------------------------------------


class _Parameter(Part):
    from_: Annotated[str, StringConstraints(pattern=_LABEL)] = ""
    description: str = ""

    @property
    def label(self) -> str:
        """The alert label that the value may come from; "" = none."""
        return self.from_.removeprefix("alert.labels.")


class HostParameter(_Parameter):
    """A host of the inventory, by name."""

    type: Literal["host"]
    default: str | None = None


class ServiceParameter(_Parameter):
    """A service of the inventory, by name."""

    type: Literal["service"]
    default: str | None = None


class IntegerParameter(_Parameter):
    """A whole number."""

    type: Literal["integer"]
    min: int = 0
    max: int
    default: int | None = None


class PercentParameter(_Parameter):
    """0 to 100."""

    type: Literal["percent"]
    default: Percent | None = None


class DurationParameter(_Parameter):
    """A duration; in expressions its number of seconds, in commands the same."""

    type: Literal["duration"]
    min: Span = timedelta(seconds=1)
    max: Span = _LONGEST_SPAN
    default: Span | None = None


class EnumParameter(_Parameter):
    """One of a few words."""

    type: Literal["enum"]
    values: Annotated[tuple[Short, ...], Field(min_length=1)]
    default: str | None = None


class TextParameter(_Parameter):
    """ASCII text that matches a pattern as a whole."""

    type: Literal["text"]
    pattern: Regex
    default: str | None = None


Parameter: TypeAlias = Annotated[
    HostParameter
    | ServiceParameter
    | IntegerParameter
    | PercentParameter
    | DurationParameter
    | EnumParameter
    | TextParameter,
    Field(discriminator="type"),
]

# --- facts ------------------------------------------------------------------------------------

FactType: TypeAlias = Literal["text", "integer", "number", "percent", "size", "duration"]


class _FactSource(Part):
    empty_is: int | float | str | None = None
    """The value where the command printed nothing; without it such a fact is unknown."""


class RegexFact(_FactSource):
    """The first match: its group, or all of it."""

    regex: Regex
    type: FactType = "text"


class CountFact(_FactSource):
    """How often a pattern matches."""

    count: Regex


class SumFact(_FactSource):
    """The sum of the numbers or sizes that a pattern finds."""

    sum: Regex
    type: Literal["integer", "number", "size"] = "number"


class ListFact(_FactSource):
    """Every match, in order."""

    list: Regex
    type: FactType = "text"


class JsonFact(_FactSource):
    """A place in JSON output: `status.phase`, `items[0].name`, `items[*].metadata.name`."""

    json_: Annotated[
        str,
        StringConstraints(pattern=_JSON_PATH),
    ]
    type: FactType | Literal["any"] = "any"


class ColumnFact(_FactSource):
    """One column of a table whose first line is the header; a row picked, or all as a list."""

    column: str | int
    row: Literal["first", "last", "all"] = "all"
    where: Mapping[str, Sentence] = Field(default_factory=dict)
    skip_lines: Annotated[int, Field(ge=0, le=100)] = 0
    type: FactType = "text"


class ExitStatusFact(Part):
    """The exit status, whatever it is."""

    exit_status: Literal[True]


# Tags stand in angle brackets, so that the path of a fault never takes one for a key.
def _fact_kind(value: object) -> str:
    keys = value.keys() if isinstance(value, Mapping) else ()
    kinds = [kind for kind in _FACT_KINDS if kind in keys]
    return f"<{kinds[0]}>" if len(kinds) == 1 else "<regex>"


_FACT_KINDS: Final = ("regex", "count", "sum", "list", "json", "column", "exit-status")

FactSource: TypeAlias = Annotated[
    Annotated[RegexFact, Tag("<regex>")]
    | Annotated[CountFact, Tag("<count>")]
    | Annotated[SumFact, Tag("<sum>")]
    | Annotated[ListFact, Tag("<list>")]
    | Annotated[JsonFact, Tag("<json>")]
    | Annotated[ColumnFact, Tag("<column>")]
    | Annotated[ExitStatusFact, Tag("<exit-status>")],
    Discriminator(_fact_kind),
]

# --- commands ---------------------------------------------------------------------------------


class Place(Part):
    """Where a command runs: exactly one of a host, a group, the hosts of a service."""

    host: Sentence | None = None
    group: Slug | None = None
    service: Sentence | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.host, self.group, self.service)) != 1:
            raise MisfitError(
                "this does not say exactly one place",
                "name one of host, group and service, as {group: web}",
            )
        return self


def _place(value: object) -> object:
    """Read a bare name as a host."""
    return {"host": value} if isinstance(value, str) else value


On: TypeAlias = Annotated[Place, BeforeValidator(_place, json_schema_input_type=Place | str)]


class Look(Part):
    """A read-only command on the `observe` login, and the facts that its output holds."""

    run: Line
    on: On | None = None
    timeout: Span = timedelta(seconds=30)
    ok_exit: Annotated[tuple[Annotated[int, Field(ge=0, le=255)], ...], Field(min_length=1)] = (0,)
    facts: Mapping[Identifier, FactSource] = Field(default_factory=dict)


class RunStep(Part):
    """A state-changing command on the `change` login."""

    run: Line
    on: On | None = None
    timeout: Span
    on_deadline: OnDeadline = OnDeadline.LEAVE
    title: str = ""


class CheckStep(Part):
    """A read-only command between changes; its facts are known to the steps after it."""

    check: Line
    on: On | None = None
    timeout: Span = timedelta(seconds=30)
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    expect: Expr | None = None
    facts: Mapping[Identifier, FactSource] = Field(default_factory=dict)


class WaitForStep(Part):
    """Poll a read-only command until it exits with 0 and `until` holds."""

    wait_for: Line
    on: On | None = None
    at_most: Span
    every: Span = timedelta(seconds=5)
    timeout: Span = timedelta(seconds=30)
    until: Expr | None = None
    facts: Mapping[Identifier, FactSource] = Field(default_factory=dict)


class PauseStep(Part):
    """Let time pass."""

    wait: Span


class LoopStep(Part):
    """Repeat steps for every item of a list."""

    for_each: Expr
    as_: Identifier = "item"
    at_most: Annotated[int, Field(ge=1, le=50)] = 10
    steps: Annotated[tuple["PlainStep", ...], Field(min_length=1)]


def _step_kind(value: object) -> str:
    keys = value.keys() if isinstance(value, Mapping) else ()
    kinds = [kind for kind in _STEP_KINDS if kind in keys]
    return f"<{kinds[0]}>" if len(kinds) == 1 else "<run>"


_STEP_KINDS: Final = ("run", "check", "wait-for", "wait", "for-each")

PlainStep: TypeAlias = Annotated[
    Annotated[RunStep, Tag("<run>")]
    | Annotated[CheckStep, Tag("<check>")]
    | Annotated[WaitForStep, Tag("<wait-for>")]
    | Annotated[PauseStep, Tag("<wait>")],
    Discriminator(_step_kind),
]
Step: TypeAlias = Annotated[
    Annotated[RunStep, Tag("<run>")]
    | Annotated[CheckStep, Tag("<check>")]
    | Annotated[WaitForStep, Tag("<wait-for>")]
    | Annotated[PauseStep, Tag("<wait>")]
    | Annotated[LoopStep, Tag("<for-each>")],
    Discriminator(_step_kind),
]

AnyStep: TypeAlias = RunStep | CheckStep | WaitForStep | PauseStep | LoopStep

# --- decide -----------------------------------------------------------------------------------


class Rule(Part):
    """`when` holds -> one of three things."""

    when: Expr
    because: Sentence
    then: Slug | None = None
    escalate: Short | None = None
    resolve: Literal[True] | Short | None = None
    likelihood: Percent | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.then, self.escalate, self.resolve)) != 1:
            raise MisfitError("a rule says one of then, escalate and resolve", _ONE_END)
        return self


class Fallback(Part):
    """Where no rule holds."""

    then: Slug | None = None
    escalate: str | None = None
    resolve: Literal[True] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.then, self.escalate, self.resolve)) != 1:
            raise MisfitError(
                "`otherwise` says exactly one of then, escalate and resolve", _ONE_END
            )
        return self


def _fallback(value: object) -> object:
    words: Mapping[object, object] = {"escalate": {"escalate": ""}, "resolve": {"resolve": True}}
    return words.get(value, value) if isinstance(value, str) else value


class Otherwise(Part):
    """The last rule."""

    otherwise: Annotated[
        Fallback,
        BeforeValidator(
            _fallback, json_schema_input_type=Fallback | Literal["escalate", "resolve"]
        ),
    ]
    because: Sentence | None = None


def _rule_kind(value: object) -> str:
    return "<otherwise>" if isinstance(value, Mapping) and "otherwise" in value else "<when>"


AnyRule: TypeAlias = Annotated[
    Annotated[Rule, Tag("<when>")] | Annotated[Otherwise, Tag("<otherwise>")],
    Discriminator(_rule_kind),
]

# --- actions ----------------------------------------------------------------------------------


class Risk(Part):
    """What may go wrong, in the words of the author."""

    blast_radius: Sentence
    users: Sentence
    data: Sentence
    cost: Sentence | None = None


class NoUndo(Part):
    """Why nothing needs to be undone."""

    not_needed: Sentence


def _undo_kind(value: object) -> str:
    return "<reason>" if isinstance(value, Mapping) else "<steps>"


Undo: TypeAlias = Annotated[
    Annotated[NoUndo, Tag("<reason>")]
    | Annotated[tuple[PlainStep, ...], Field(min_length=1), Tag("<steps>")],
    Discriminator(_undo_kind),
]


class CommandCheck(Part):
    """A verification by a command of its own, or by one of the triage commands again."""

    name: Short
    run: Line | None = None
    again: Slug | None = None
    on: On | None = None
    timeout: Span = timedelta(seconds=30)
    ok_exit: Annotated[tuple[Annotated[int, Field(ge=0, le=255)], ...], Field(min_length=1)] = (0,)
    facts: Mapping[Identifier, FactSource] = Field(default_factory=dict)
    expect: Expr | None = None
    within: Span | None = None
    sustained: Span | None = None
    every: Span = timedelta(seconds=30)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.run is None) == (self.again is None):
            raise MisfitError(
                "a check has exactly one of run, again and http",
                "make two checks of it, or add `run:`",
            )
        if self.again is not None and (self.facts or self.on):
            raise MisfitError(
                "`again` repeats a triage command with its own facts and host",
                "take `facts` and `on` out, or write `run:` in place of `again:`",
            )
        if self.again is not None and self.expect is None:
            raise MisfitError("`again` needs an `expect`", "write `expect: things <= limit`")
        return self


class HttpCheck(Part):
    """A verification by HTTP: `status`, `text` and `json` are known to `expect`."""

    name: Short
    http: Sentence
    expect: Expr
    timeout: Span = timedelta(seconds=10)
    within: Span | None = None
    sustained: Span | None = None
    every: Span = timedelta(seconds=30)


def _check_kind(value: object) -> str:
    return "<http>" if isinstance(value, Mapping) and "http" in value else "<run>"


Check: TypeAlias = Annotated[
    Annotated[CommandCheck, Tag("<run>")] | Annotated[HttpCheck, Tag("<http>")],
    Discriminator(_check_kind),
]


class Batches(Part):
    """How an action goes over several hosts; `canary` hosts come first, each by itself."""

    size: Annotated[int, Field(ge=1, le=100)] = 1
    canary: Annotated[int, Field(ge=0, le=10)] = 0
    max_failures: Annotated[int, Field(ge=0, le=100)] = 0


class EscalateTo(Part):
    """Whom to page; "" = whom the policy names for everything."""

    escalate: Annotated[str, StringConstraints(max_length=100)]


def _if_it_fails(value: object) -> object:
    return {"escalate": ""} if value == "escalate" else value


def _changing_tier(tier: object) -> object:
    if not (isinstance(tier, str) and tier in {Tier.REVERSIBLE, Tier.IRREVERSIBLE}):
        raise MisfitError(
            "an action is reversible or irreversible",
            "escalate what is beyond that: `escalate: whom`",
        )
    return tier


class Action(Part):
    """One change with everything that an approver must know about it."""

    title: Sentence
    tier: Annotated[Tier, BeforeValidator(_changing_tier)]
    undo: Undo | None = None
    rollback: Sentence | None = None
    risk: Risk
    only_if: Annotated[tuple[Expr, ...], Field(min_length=1)]
    dry_run: tuple[Look, ...] = ()
    checkpoint: tuple[RunStep, ...] = ()
    on: On | None = None
    batches: Batches | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    stop_when: tuple[Expr, ...] = ()
    verify: Annotated[tuple[Check, ...], Field(min_length=1)]
    then_recheck: Span | None = None
    if_it_fails: Annotated[
        EscalateTo,
        BeforeValidator(_if_it_fails, json_schema_input_type=EscalateTo | Literal["escalate"]),
    ]


class Task(Part):
    """A follow-up task."""

    task: Sentence
    owner: Sentence | None = None


class Monitor(Part):
    """A suggestion for a monitor."""

    monitor: Sentence
    owner: Sentence | None = None


def _follow_up_kind(value: object) -> str:
    return "<monitor>" if isinstance(value, Mapping) and "monitor" in value else "<task>"


FollowUp: TypeAlias = Annotated[
    Annotated[Task, Tag("<task>")] | Annotated[Monitor, Tag("<monitor>")],
    Discriminator(_follow_up_kind),
]

# --- playbooks --------------------------------------------------------------------------------


class Inquiry(Part):
    """A question to a human; `yes` options confirm the hypothesis."""

    question: Sentence
    description: Sentence | None = None
    options: Annotated[tuple[Short, ...], Field(min_length=2, max_length=100)]
    found: Annotated[tuple[Short, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        strange = sorted(set(self.found) - set(self.options))
        if strange:
            raise MisfitError(
                f"`found` names {strange[0]!r}, which is not among the options",
                nearest(strange[0], self.options) or "repeat an option word for word",
            )
        return self


class Fix(Part):
    """The runbook that mends the cause; values of `with` are filled in."""

    runbook: Slug
    with_: Mapping[Identifier, Sentence] = Field(default_factory=dict)


class Hypothesis(Part):
    """One possible cause: how to check for it and what mends it."""

    name: Slug
    title: Sentence
    likelihood: Percent = 50.0
    check: Look | None = None
    ask: Inquiry | None = None
    found_when: Expr | None = None
    because: Sentence
    fix: Fix | None = None
    escalate: Short | None = None
    no_skipping: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.ask is not None and (self.check is not None or self.found_when is not None):
            raise MisfitError(
                "a hypothesis asks a human, or checks with found-when: not both",
                "make two hypotheses of it",
            )
        if self.ask is None and self.found_when is None:
            raise MisfitError(
                "a hypothesis needs found-when, or ask", "write `found-when: free < 10`"
            )
        if (self.fix is None) == (self.escalate is None):
            raise MisfitError(
                "a hypothesis has exactly one of fix and escalate",
                "write `fix: {runbook: name}` or `escalate: whom`",
            )
        return self


# --- the document -----------------------------------------------------------------------------


class Document(Part):
    """A whole runbook, or a playbook where it has `hypotheses`."""

    runbook: Slug
    title: Short
    owner: Short
    description: str = ""
    matches: Mapping[str, str] = Field(default_factory=dict)
    parameters: Mapping[Identifier, Parameter] = Field(default_factory=dict)
    vars: Mapping[Identifier, bool | int | float | Sentence] = Field(default_factory=dict)
    triage: Mapping[Slug, Look] = Field(default_factory=dict)
    decide: tuple[AnyRule, ...] = ()
    actions: Mapping[Slug, Action] = Field(default_factory=dict)
    hypotheses: tuple[Hypothesis, ...] = ()
    in_order: bool = False
    otherwise: (
        Annotated[
            EscalateTo,
            BeforeValidator(_if_it_fails, json_schema_input_type=EscalateTo | Literal["escalate"]),
        ]
        | None
    ) = None
    after: tuple[FollowUp, ...] = ()

    @property
    def is_playbook(self) -> bool:
        """Whether it ranks hypotheses in place of deciding on an action."""
        return bool(self.hypotheses)

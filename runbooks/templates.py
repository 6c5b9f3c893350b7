"""Texts and commands with placeholders: a value becomes part of one word, never more than that."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from jinja2 import nodes

from bot.errors import MisfitError
from runbooks.expressions import (
    CannotEvaluateError,
    Expression,
    Scope,
    UnknownUsedError,
    Value,
    as_text,
    compile_node,
    kind_of,
    parsed,
    plain,
)

LONGEST_LINE: Final = 4000
"""Characters that a command or a text of a runbook may have before it is filled in."""

LONGEST_VALUE: Final = 1000
"""Characters that one value may bring into a command."""

Piece: TypeAlias = str | Expression


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with placeholders."""

    source: str
    pieces: tuple[Piece, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The placeholders."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Expression))

    def render(self, scope: Scope) -> str:
        """Fill in every value; raises CannotEvaluateError."""
        return self._filled(scope, _strict)

    def show(self, scope: Scope) -> str:
        """Fill in for people: what cannot be told is said to be unknown."""
        return self._filled(scope, _lenient)

    def native(self, scope: Scope) -> Value:
        """Return the value itself where the whole text is one placeholder, else the text."""
        match self.pieces:
            case (Expression() as only,):
                return only.evaluate(scope)
            case _:
                return self.render(scope)

    def _filled(self, scope: Scope, fill: "Callable[[Expression, Scope], str]") -> str:
        return "".join(
            piece if isinstance(piece, str) else fill(piece, scope) for piece in self.pieces
        )


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command as words; each word is literal text and placeholders in a fixed order."""

    source: str
    words: tuple[tuple[Piece, ...], ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The placeholders, in order."""
        return tuple(
            piece for word in self.words for piece in word if isinstance(piece, Expression)
        )

    @property
    def literal(self) -> tuple[str, ...]:
        """The words with `{}` in the place of each value, as lint looks at them."""
        return tuple(
            "".join(piece if isinstance(piece, str) else "{}" for piece in word)
            for word in self.words
        )

    def render(self, scope: Scope) -> tuple[str, ...]:
        """Return the argument vector: as many words as the author wrote.

        Raises CannotEvaluateError, also for a value that may not stand in a command: a list, a
        control or invisible character, an empty word, a leading hyphen, over 1,000 characters.
        """
        return tuple(_word(word, scope) for word in self.words)

    def sketch(self, scope: Scope) -> tuple[str, ...]:
        """Return the argument vector as far as it is known; the rest keeps its braces."""
        return tuple(
            "".join(piece if isinstance(piece, str) else _sketched(piece, scope) for piece in word)
            for word in self.words
        )


def compile_text(source: str) -> Text:
    """Return the text; raises MisfitError."""
    return Text(source, tuple(_pieces(source)))


def compile_line(source: str) -> CommandLine:
    """Split one line into words after its placeholders were found; raises MisfitError."""
    pieces = list(_pieces(source))
    marked = "".join(
        piece if isinstance(piece, str) else chr(_MARKS + number)
        for number, piece in enumerate(pieces)
    )
    _refuse_shell_syntax("".join(piece for piece in pieces if isinstance(piece, str)))
    try:
        words = shlex.split(marked)
    except ValueError as error:
        raise MisfitError(
            f"the command does not split into words: {error}",
            "close every quote, or write a list of words: [program, word]",
        ) from error
    return _checked(CommandLine(source, tuple(_unmarked(word, pieces) for word in words)))


def compile_words(words: Sequence[str]) -> CommandLine:
    """Take one template per word; raises MisfitError."""
    return _checked(
        CommandLine(shlex.join(words), tuple(tuple(_pieces(word)) or ("",) for word in words))
    )


def runs_code(words: Sequence[str]) -> int | None:
    """Return the index of the word that an interpreter takes as a program, None where none does.

    Knows `sh -c`, `python3 -c`, `perl -e`, `psql -c`, `awk '...'` and their like anywhere on the
    line, as behind sudo, env, timeout or xargs.
    """
    for index, word in enumerate(words):
        name = PurePosixPath(word).name
        flag = _CODE_FLAGS.get(name.rstrip("0123456789."))
        if flag is not None:
            for offset, (option, _) in enumerate(pairwise([*words[index + 1 :], ""])):
                if re.fullmatch(flag, option):
                    return index + offset + 2 if "=" not in option else index + offset + 1
        if name in _CODE_FIRST:
            return next(
                (n for n, w in enumerate(words) if n > index and not w.startswith("-")), None
            )
    return None


# A private-use character stands for each placeholder while a line is split into words.
_MARKS: Final = 0xE000
_MARK: Final = re.compile("([\ue000-\uf8ff])")
_SHELL: Final = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*"|([|&;<>`$*?~])""", re.DOTALL)
_CODE_FLAGS: Final = {
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "ksh", "busybox", "su"), r"-[a-z]*c"),
    "python": r"-[A-Za-z]*c",
    "perl": r"-[A-Za-z]*[eE]",
    "ruby": r"-[A-Za-z]*e",
    "node": r"-[a-z]*[ep]|--eval",
    "psql": r"-[A-Za-z]*c|--command(=.*)?",
    "mysql": r"-[A-Za-z]*e|--execute(=.*)?",
    "mariadb": r"-[A-Za-z]*e|--execute(=.*)?",
}
_CODE_FIRST: Final = frozenset({"awk", "gawk", "mawk", "sed", "jq", "eval"})


def _pieces(source: str) -> Iterator[Piece]:
    if _MARK.search(source):
        raise MisfitError("private-use characters are not allowed", "write plain text")
    if "{#" in source:
        raise MisfitError("a template comment would vanish unseen", "write a YAML comment")
    for node in parsed(source, LONGEST_LINE):
        if isinstance(node, nodes.TemplateData):
            yield node.data
        else:
            yield compile_node(node, _placeholder(node, source))


def _placeholder(node: nodes.Expr, source: str) -> str:
    """Return what the author wrote between the braces, for messages."""
    written = [part.strip() for part in re.findall(r"\{\{(.*?)\}\}", source, re.DOTALL)]
    names = {name.name for name in node.find_all(nodes.Name)}
    if isinstance(node, nodes.Name):
        names.add(node.name)
    fitting = [part for part in written if all(name in part for name in names)]
    return min(fitting, key=len, default=source)


def _refuse_shell_syntax(literal: str) -> None:
    for match in _SHELL.finditer(literal):
        if match.group(1):
            raise MisfitError(
                f"{match.group(1)!r} means nothing here: no shell reads this line",
                "quote it, or put the logic into a script on the host",
            )


def _unmarked(word: str, pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    parts = (part for part in _MARK.split(word) if part)
    found = tuple(pieces[ord(part) - _MARKS] if _MARK.fullmatch(part) else part for part in parts)
    return found or ("",)


def _checked(line: CommandLine) -> CommandLine:
    if not line.words or not line.literal[0]:
        raise MisfitError("the command is empty", "write a program and its words")
    if any(_unprintable(word) for word in line.literal):
        raise MisfitError(
            "the command holds a control character or a line break", "write it on one line"
        )
    _refuse_open_programs(line)
    _refuse_open_options(line)
    code = runs_code(line.literal)
    if code is not None and code < len(line.words):
        word = line.words[code]
        if any(isinstance(piece, Expression) for piece in word):
            raise MisfitError(
                "a value inside program text could change the program",
                'hand it over as an argument: [sh, -c, \'du "$1"\', sh, "{{ path }}"]',
            )
    return line


def _refuse_open_programs(line: CommandLine) -> None:
    """Refuse a value in the program's place, also behind sudo: it may only be an argument."""
    for word, literal in zip(line.words, line.literal, strict=True):
        if any(isinstance(piece, Expression) for piece in word):
            raise MisfitError(
                "a value cannot choose the program", "write the program out: values are arguments"
            )
        if literal.startswith("-") or PurePosixPath(literal).name in {"sudo", "env", "command"}:
            continue
        return


def _refuse_open_options(line: CommandLine) -> None:
    for word in line.words:
        match word:
            case (str(start), Expression(), *_) if start.strip("-") == "" and start:
                raise MisfitError(
                    "a value behind a bare hyphen would choose the option",
                    "write the option out: [--name, '{{ value }}']",
                )


def _word(word: Sequence[Piece], scope: Scope) -> str:
    match word:
        case (str(literal),):
            return literal
    filled = "".join(piece if isinstance(piece, str) else _placed(piece, scope) for piece in word)
    if not filled:
        raise CannotEvaluateError(f"{_names(word)} is empty")
    if filled.startswith("-") and not isinstance(word[0], str):
        raise CannotEvaluateError(f"{_names(word)} starts with a hyphen: it could be an option")
    return filled


def _placed(expression: Expression, scope: Scope) -> str:
    value = plain(expression.evaluate(scope))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CannotEvaluateError(f"{expression.text} is {kind_of(value)}, not one word")
    text = as_text(value)
    if len(text) > LONGEST_VALUE:
        raise CannotEvaluateError(f"{expression.text} has more than {LONGEST_VALUE} characters")
    if _unprintable(text):
        raise CannotEvaluateError(f"{expression.text} holds a control or invisible character")
    return text


def _sketched(expression: Expression, scope: Scope) -> str:
    try:
        return _placed(expression, scope)
    except CannotEvaluateError:
        return "{{ " + expression.text + " }}"


def _unprintable(text: str) -> bool:
    return not text.isprintable()


def _names(word: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in word if isinstance(piece, Expression))


def _strict(expression: Expression, scope: Scope) -> str:
    return as_text(expression.evaluate(scope))


def _lenient(expression: Expression, scope: Scope) -> str:
    try:
        return as_text(expression.evaluate(scope))
    except UnknownUsedError as error:
        return f"unknown ({error.unknown.reason})"
    except CannotEvaluateError as error:
        return f"unknown ({error})"

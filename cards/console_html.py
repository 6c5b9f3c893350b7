"""A card as HTML for the web console: semantic classes, no style, no script, everything escaped.

Classes, for the style sheet and the live-update module:

    article.card.card-<kind>.tone-<tone>[.drill][.pinned][data-card][data-kind]
      header.card-head    h3.card-title  span.badge.badge-drill
      div.card-body       the blocks
        p.paragraph       lines apart by <br>
        dl.fields         div.field > dt + dd
        figure.code[.essential]   figcaption + pre > code
        section.section.tone-<tone> > h4.section-title,  or where folded
        details.section.folded.tone-<tone> > summary.section-title
        ol.steps          li.step.step-<state>: span.step-symbol span.step-state span.step-title
                          span.step-took, details.step-detail > summary + pre
        p.notice.tone-<tone>[role=status]
      form.answer         label.input.input-<kind> > span.input-label + control + span.input-help
                          + span.input-error; fieldset.input.input-multi-select > legend
        p.input.reason    the reason box, where a button wants one
        div.buttons > div.choice[.recommended]: button.button.button-<style> + span.consequence
                          span.recommended-mark; one that asks back is
                          details.confirm > summary.button.button-<style> + div.confirm-box
      p.viewer-note       what this viewer should know (why there is no button, who must act)
      footer.card-foot
    inline: strong, code, span.person[data-person], time[datetime], a.link, span.symbol

A state such as `in doubt` becomes `step-in-doubt`. Every button works without a script: a plain
form post of `option`, `reason`, the fields, and the hidden pairs that the page hands in.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from html import escape
from types import MappingProxyType
from typing import Final, assert_never

from bot.values import Untrusted
from cards.model import (
    At,
    Block,
    Button,
    Card,
    Code,
    CodeBlock,
    FieldKind,
    Fields,
    FormField,
    Inline,
    Line,
    Link,
    Notice,
    Paragraph,
    Person,
    Section,
    Step,
    Steps,
    Strong,
    Words,
)
from cards.plaintext import (
    STEP_SYMBOLS,
    TONE_SYMBOLS,
    moment_words,
    seconds_words,
    visible,
    visible_block,
)

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
# Enter in a text box presses a form's first submit button, and a disabled one does nothing:
# a yes must be pressed, not slipped into.
_NO_ANSWER_BY_ENTER: Final = '<button type="submit" disabled hidden></button>'
_REASON_LENGTH: Final = 1000
"""Characters of a typed reason: a paragraph; more belongs into a note."""


def render(
    card: Card,
    *,
    action_url: str = "",
    hidden: Mapping[str, str] = _NOTHING,
    viewer_note: Line = (),
    errors: Mapping[str, str] = _NOTHING,
    values: Mapping[str, str] = _NOTHING,
    today: date | None = None,
) -> str:
    """Return the card as one `<article>`.

    With `action_url` "" there is nothing to press: a copy for somebody who may only read.
    `hidden` are the form's hidden pairs (nonce, token against forged posts). `errors` and
    `values` bring back a form that was not accepted. Times lose their date on `today` (UTC).
    """
    answer = _answer(card, action_url, hidden, errors, values, today) if action_url else ""
    note = f'<p class="viewer-note">{_line(viewer_note, today)}</p>' if viewer_note else ""
    footer = (
        f'<footer class="card-foot">{_line(card.footer, today)}</footer>' if card.footer else ""
    )
    return (
        f'<article class="{_card_classes(card)}" data-card="{_attribute(card.id)}"'
        f' data-kind="{_attribute(card.kind)}">'
        f"{_head(card, today)}{_body(card.blocks, today)}{answer}{note}{footer}</article>"
    )


def line_html(line: Line, *, today: date | None = None) -> str:
    """Return one line as inline HTML, escaped."""
    return _line(line, today)


def _card_classes(card: Card) -> str:
    marks = ["drill"] if card.drill else []
    marks += ["pinned"] if card.pinned else []
    return " ".join(["card", f"card-{_slug(card.kind)}", f"tone-{card.tone.value}", *marks])


def _head(card: Card, today: date | None) -> str:
    badge = '<span class="badge badge-drill">DRILL</span> ' if card.drill else ""
    title = f"{_symbol(TONE_SYMBOLS[card.tone])}{_line(card.title, today)}"
    return f'<header class="card-head">{badge}<h3 class="card-title">{title}</h3></header>'


def _body(blocks: Iterable[Block], today: date | None) -> str:
    inner = "".join(_block(block, today) for block in blocks)
    return f'<div class="card-body">{inner}</div>' if inner else ""


def _block(block: Block, today: date | None) -> str:
    match block:
        case Paragraph(lines):
            return f'<p class="paragraph">{"<br>".join(_line(line, today) for line in lines)}</p>'
        case Fields(pairs):
            rows = "".join(
                f'<div class="field"><dt>{_text(label)}</dt><dd>{_line(line, today)}</dd></div>'
                for label, line in pairs
            )
            return f'<dl class="fields">{rows}</dl>'
        case CodeBlock():
            return _code_block(block)
        case Section():
            return _section(block, today)
        case Steps(steps):
            return f'<ol class="steps">{"".join(_step(step, today) for step in steps)}</ol>'
        case Notice(tone=tone, line=line):
            symbol = _symbol(TONE_SYMBOLS[tone])
            text = f"{symbol}{_line(line, today)}"
            return f'<p class="notice tone-{tone.value}" role="status">{text}</p>'
        case _:
            assert_never(block)


def _code_block(block: CodeBlock) -> str:
    caption = f"<figcaption>{_text(block.title)}</figcaption>" if block.title else ""
    essential = " essential" if block.essential else ""
    # A line end after <pre> is dropped by the parser, so one of the text's own must not come first.
    code = f'<pre tabindex="0"><code>{_verbatim(block.text)}</code></pre>'
    return f'<figure class="code{essential}">{caption}{code}</figure>'


def _section(section: Section, today: date | None) -> str:
    tone = f"tone-{section.tone.value}"
    title = _text(section.title)
    inner = "".join(_block(block, today) for block in section.blocks)
    if section.folded:
        head = f'<summary class="section-title">{title}</summary>'
        return f'<details class="section folded {tone}">{head}{inner}</details>'
    return (
        f'<section class="section {tone}"><h4 class="section-title">{title}</h4>{inner}</section>'
    )


def _step(step: Step, today: date | None) -> str:
    took = "" if step.took is None else seconds_words(step.took)
    detail = (
        f'<details class="step-detail"><summary>Output</summary>'
        f'<pre tabindex="0">{_verbatim(step.detail)}</pre></details>'
        if step.detail is not None and step.detail.text
        else ""
    )
    return (
        f'<li class="step step-{_slug(step.state.value)}">'
        f'<span class="step-symbol" aria-hidden="true">{STEP_SYMBOLS[step.state]}</span> '
        f'<span class="step-state">{step.state.value.upper()}</span> '
        f'<span class="step-title">{_line(step.title, today)}</span>'
        + (f' <span class="step-took">{took}</span>' if took else "")
        + f"{detail}</li>"
    )


def _answer(
    card: Card,
    action_url: str,
    hidden: Mapping[str, str],
    errors: Mapping[str, str],
    values: Mapping[str, str],
    today: date | None,
) -> str:
    if not card.buttons:
        return ""
    kept = "".join(
        f'<input type="hidden" name="{_attribute(name)}" value="{_attribute(value)}">'
        for name, value in hidden.items()
    )
    fields = "".join(
        _field(field, values.get(field.name, field.default), errors.get(field.name, ""))
        for field in card.form
    )
    reason = _reason(values) if any(button.wants_reason for button in card.buttons) else ""
    buttons = "".join(_choice(button, today) for button in card.buttons)
    return (
        f'<form class="answer" method="post" action="{_attribute(action_url)}">'
        f'{_NO_ANSWER_BY_ENTER}{kept}{fields}{reason}<div class="buttons">{buttons}</div></form>'
    )


def _reason(values: Mapping[str, str]) -> str:
    given = _attribute(values.get("reason", ""))
    return (
        '<p class="input reason"><label><span class="input-label">Reason</span>'
        f'<input type="text" name="reason" maxlength="{_REASON_LENGTH}" autocomplete="off"'
        f' value="{given}"></label></p>'
    )


def _choice(button: Button, today: date | None) -> str:
    style = f"button button-{button.style.value}"
    label = _text(button.label)
    free = "" if button.needs_form else " formnovalidate"
    press = f'type="submit" name="option" value="{_attribute(button.option)}"{free}'
    consequence = (
        f'<span class="consequence">{_line(button.consequence, today)}</span>'
        if button.consequence
        else ""
    )
    mark = '<span class="recommended-mark">recommended</span>' if button.recommended else ""
    if button.confirm:
        control = (
            f'<details class="confirm"><summary class="{style}">{label}</summary>'
            f'<div class="confirm-box"><p>{_text(button.confirm)}</p>'
            f'<button class="{style}" {press}>Yes: {label}</button></div></details>'
        )
    else:
        control = f'<button class="{style}" {press}>{label}</button>'
    recommended = " recommended" if button.recommended else ""
    return f'<div class="choice{recommended}">{control}{mark}{consequence}</div>'


def _field(field: FormField, value: str, error: str) -> str:
    helped = f'<span class="input-help">{_text(field.help)}</span>' if field.help else ""
    told = f'<span class="input-error" role="alert">{_text(error)}</span>' if error else ""
    star = "" if not field.required else ' <span class="required">(required)</span>'
    label = f'<span class="input-label">{_text(field.label)}{star}</span>'
    kind = f"input input-{_slug(field.kind.value)}"
    if field.kind is FieldKind.MULTI_SELECT:
        boxes = _check_boxes(field, value)
        return f'<fieldset class="{kind}"><legend>{label}</legend>{boxes}{helped}{told}</fieldset>'
    control = _control(field, value, invalid=bool(error))
    if field.kind is FieldKind.CHECKBOX:
        return f'<label class="{kind}">{control} {label}{helped}{told}</label>'
    return f'<label class="{kind}">{label}{control}{helped}{told}</label>'


def _control(field: FormField, value: str, *, invalid: bool) -> str:
    name = f'name="{_attribute(field.name)}"'
    name += " required" if field.required else ""
    name += ' aria-invalid="true"' if invalid else ""
    match field.kind:
        case FieldKind.SELECT | FieldKind.PERSON:
            return f"<select {name}>{_options(field, value)}</select>"
        case FieldKind.MULTI_SELECT:
            return _check_boxes(field, value)
        case FieldKind.MULTILINE:
            lengths = _bounds(field, "minlength", "maxlength")
            # The parser drops the first line end inside a textarea.
            return f'<textarea {name}{lengths} rows="5">\n{escape(value)}</textarea>'
        case FieldKind.TEXT | FieldKind.NUMBER | FieldKind.DATE_TIME | FieldKind.CHECKBOX:
            return f"<input {name} {_input_type(field, value)}>"
        case _:
            assert_never(field.kind)


def _input_type(field: FormField, value: str) -> str:
    given = f'value="{_attribute(value)}"'
    match field.kind:
        case FieldKind.NUMBER:
            return f'type="number" {given}{_bounds(field, "min", "max")}'
        case FieldKind.DATE_TIME:
            return f'type="datetime-local" {given} aria-description="UTC"'
        case FieldKind.CHECKBOX:
            return 'type="checkbox" value="yes"' + (" checked" if value else "")
        case _:
            return f'type="text" {given}{_bounds(field, "minlength", "maxlength")}'


def _bounds(field: FormField, low: str, high: str) -> str:
    least = "" if field.minimum is None else f' {low}="{field.minimum}"'
    return least + ("" if field.maximum is None else f' {high}="{field.maximum}"')


def _options(field: FormField, value: str) -> str:
    empty = '<option value="">—</option>' if not (field.required and value) else ""
    return empty + "".join(
        f'<option value="{_attribute(choice)}"{" selected" if choice == value else ""}>'
        f"{_text(label)}</option>"
        for choice, label in field.choices
    )


def _check_boxes(field: FormField, value: str) -> str:
    chosen = value.split(",")
    return "".join(
        f'<label class="tick"><input type="checkbox" name="{_attribute(field.name)}"'
        f' value="{_attribute(choice)}"{" checked" if choice in chosen else ""}>'
        f" {_text(label)}</label>"
        for choice, label in field.choices
    )


def _line(line: Line, today: date | None) -> str:
    return "".join(_inline(part, today) for part in line)


def _inline(part: Inline, today: date | None) -> str:
    match part:
        case str() | Untrusted():
            return _text(part)
        case Strong(words):
            return f"<strong>{_text(words)}</strong>"
        case Code(words):
            return f"<code>{_text(words)}</code>"
        case Person(ident, name):
            return f'<span class="person" data-person="{_attribute(ident)}">{_text(name)}</span>'
        case At():
            return _time(part, today)
        case Link():
            return _link(part)
        case _:
            assert_never(part)


def _time(at: At, today: date | None) -> str:
    utc = at.moment.astimezone(UTC)
    return (
        f'<time datetime="{utc:%Y-%m-%dT%H:%M:%SZ}" title="{utc:%Y-%m-%d %H:%M:%S} UTC">'
        f"{moment_words(utc, today)}</time>"
    )


def _link(link: Link) -> str:
    words = _text(link.words)
    own = link.url.startswith("/") and link.url[1:2] not in {"/", "\\"}
    if not own and not link.url.startswith(("https://", "http://")):
        return f"{words} ({_text(link.url)})"
    return f'<a class="link" href="{_attribute(link.url)}" rel="noopener noreferrer">{words}</a>'


def _text(words: Words) -> str:
    return escape(visible(words))


def _verbatim(text: Untrusted) -> str:
    shown = escape(visible_block(text.text))
    return f"\n{shown}" if shown.startswith("\n") else shown


def _attribute(text: str) -> str:
    """Escape for a double-quoted attribute, unaltered: a value must come back as it was."""
    return escape(text).encode("utf-8", "replace").decode()


def _symbol(symbol: str) -> str:
    return f'<span class="symbol" aria-hidden="true">{symbol}</span> ' if symbol else ""


def _slug(word: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in word.lower())

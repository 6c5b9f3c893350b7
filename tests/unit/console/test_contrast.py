"""Every text colour is readable on every ground, in both themes (WCAG 2.2, 1.4.3: 4.5 to 1)."""

import re

import pytest

from bot.adapters.console.assets import Assets

WORDS = ("ink", "soft", "faint", "accent", "good", "warning", "danger", "waiting", "info")
GROUNDS = ("ground", "surface", "sunken", "raised")


def palette() -> dict[str, tuple[str, str]]:
    """Return the custom properties that have a light and a dark value."""
    css = Assets.load().files["console.css"].decode()
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("words", WORDS)
def test_words_stand_out_from_their_ground(words: str, ground: str, theme: int) -> None:
    colours = palette()
    assert contrast(colours[words][theme], colours[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("fill", ["accent", "waiting"])
def test_words_on_a_button_stand_out_from_it(fill: str, theme: int) -> None:
    colours = palette()
    assert contrast(colours["on-accent"][theme], colours[fill][theme]) >= 4.5


def test_the_measure_is_right_for_black_on_white() -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21

"""The bearer token of alert senders."""

import pytest

from handlers.alerts import SOURCES


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_right_token_is_taken(source: str, name: str, scheme: str) -> None:
    assert SOURCES[source].verify({name: f"{scheme} s3cret"}, ("s3cret",)) is True


@pytest.mark.parametrize("token", ["old", "new"])
def test_during_a_rotation_both_tokens_are_taken(token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert SOURCES["generic"].verify(headers, ("old", "new")) is True


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer s3cre"},
        {"Authorization": "Bearer s3cret2"},
        {"Authorization": "Bearer S3CRET"},
        {"Authorization": "Basic s3cret"},
        {"Authorization": "s3cret"},
        {"X-Authorization": "Bearer s3cret"},
        {"Authorization": "Bearer \udcff"},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    assert SOURCES["alertmanager"].verify(headers, ("s3cret",)) is False


@pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
@pytest.mark.parametrize("token", ["", "  ", "x"])
def test_without_a_secret_nobody_gets_in(secrets: tuple[str, ...], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert SOURCES["generic"].verify(headers, secrets) is False

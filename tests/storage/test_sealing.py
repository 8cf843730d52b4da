"""Sealing: a value opens where it was sealed, unchanged, or not at all."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from model.errors import ConfigError, SealBroken
from storage.sealing import Keyring

_ONE, _TWO = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
_KEYRING = Keyring({"1": b"k" * 32})
_PLACE = {"workspace": "w", "table": "sources", "row": "r"}


@given(st.binary(max_size=200), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_what_is_sealed_opens(plain: bytes, workspace: str, table: str, row: str) -> None:
    sealed = _KEYRING.seal(plain, workspace=workspace, table=table, row=row)
    assert _KEYRING.open_sealed(sealed, workspace=workspace, table=table, row=row) == plain


def test_no_flipped_bit_is_accepted() -> None:
    sealed = _KEYRING.seal(b"token", **_PLACE)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            _KEYRING.open_sealed(bytes(changed), **_PLACE)


def test_no_part_of_it_is_accepted_nor_more() -> None:
    sealed = _KEYRING.seal(b"token", **_PLACE)
    for changed in [sealed[:end] for end in range(len(sealed))] + [sealed[1:], sealed + b"\0", sealed * 2]:
        with pytest.raises(SealBroken):
            _KEYRING.open_sealed(changed, **_PLACE)


@pytest.mark.parametrize("name", _PLACE)
def test_it_opens_in_no_other_place(name: str) -> None:
    sealed = _KEYRING.seal(b"token", **_PLACE)
    with pytest.raises(SealBroken):
        _KEYRING.open_sealed(sealed, **(_PLACE | {name: "x"}))


def test_names_that_run_together_are_not_the_same_place() -> None:
    sealed = _KEYRING.seal(b"token", workspace="ab", table="c", row="d")
    for workspace, table, row in (("a", "bc", "d"), ("abc", "", "d"), ("ab", "", "cd"), ("", "ab", "cd")):
        with pytest.raises(SealBroken):
            _KEYRING.open_sealed(sealed, workspace=workspace, table=table, row=row)


def test_the_first_key_seals_and_every_one_opens(tmp_path: Path) -> None:
    old = Keyring.open(tmp_path, f"1:{_ONE}")
    both = Keyring.open(tmp_path, SecretStr(f" 2:{_TWO} , 1:{_ONE} "))
    new = Keyring.open(tmp_path, f"2:{_TWO}")
    assert both.open_sealed(old.seal(b"x", **_PLACE), **_PLACE) == b"x"
    assert new.open_sealed(both.seal(b"x", **_PLACE), **_PLACE) == b"x"
    with pytest.raises(SealBroken):
        new.open_sealed(old.seal(b"x", **_PLACE), **_PLACE)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    "keys",
    [
        _ONE,
        "1:",
        f"1:{_ONE[:-8]}",
        f"1:{_ONE},",
        f"1:{_ONE},1:{_TWO}",
        f"ä:{_ONE}",
        f"1:{_ONE} 2:{_TWO}",
        "1:" + "!" * 44,
    ],
)
def test_other_forms_are_refused_without_showing_the_key(keys: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ARB_MASTER_KEYS") as caught:
        Keyring.open(tmp_path, keys)
    assert caught.value.hint is not None
    assert "base64" in caught.value.hint.plain()
    assert _ONE[:8] not in f"{caught.value} {caught.value.hint}"


def test_a_key_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: Keyring.open(home, None), range(8)))
    sealed = rings[0].seal(b"x", **_PLACE)
    assert all(ring.open_sealed(sealed, **_PLACE) == b"x" for ring in rings)
    assert (home / "keys").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["keys"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_file_that_others_can_use_is_refused(mode: int, tmp_path: Path) -> None:
    Keyring.open(tmp_path, None)
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(ConfigError, match="can be read by others"):
        Keyring.open(tmp_path, None)


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    Keyring.open(tmp_path, None)
    (tmp_path / "keys").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="keys"):
        Keyring.open(tmp_path, None)

"""Numbers as people write them in each language, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from model.unit import Unit

SCALED = frozenset((Unit.BYTES, Unit.BYTES_PER_SECOND))  # a larger prefix stands for the zeros
_PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB")
_AFTER: Mapping[Unit, tuple[str, str]] = {  # in English and in Korean
    Unit.HOURS: (" h", "시간"),
    Unit.MINUTES: (" min", "분"),
    Unit.SECONDS: (" s", "초"),
    Unit.MILLISECONDS: (" ms", "ms"),
    Unit.PER_SECOND: ("/s", "/초"),
}
_MONEY: Mapping[Unit, tuple[str, str]] = {  # the sign before it in English, the word after it in Korean
    Unit.KRW: ("₩", "원"),
    Unit.USD: ("$", "달러"),
    Unit.EUR: ("€", "유로"),
    Unit.JPY: ("¥", "엔"),
    Unit.GBP: ("£", "파운드"),
    Unit.CNY: ("CN¥", "위안"),
}


def round_to(value: Decimal, places: int) -> Decimal:
    """Return `value` rounded half to even."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def number(value: Decimal, places: int) -> str:
    """Return a number with at most so many decimal places: "1,234", "−6.2"."""
    text = f"{round_to(value, places):,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") if text not in ("-0", "") else "0"


def figure(code: str, value: Decimal, unit: Unit) -> str:
    """Return a figure with its unit in a language ("en", "ko")."""
    if unit.percent:
        return f"{number(value * 100, unit.places - 2)}%"
    if unit in SCALED:
        return _scaled(code, value, unit)
    if unit.money:
        return _money(code, value, unit)
    return with_unit(code, number(value, unit.places), unit, value)


def with_unit(code: str, text: str, unit: Unit, value: Decimal) -> str:
    """Return a number that is written already with its unit; `value` decides between one and many."""
    korean = code == "ko"
    if unit is Unit.DAYS:
        return f"{text}일" if korean else f"{text} {'day' if value == 1 else 'days'}"
    if unit in _MONEY:
        sign, word = _MONEY[unit]
        bare = text.removeprefix("−")
        return f"{text}{word}" if korean else f"{text[: len(text) - len(bare)]}{sign}{bare}"
    return text + _AFTER.get(unit, ("", ""))[korean]


def _money(code: str, value: Decimal, unit: Unit) -> str:
    """Write "$12.50", and "$12" where there are no cents."""
    rounded = round_to(value, unit.places)
    whole = rounded == rounded.to_integral_value()
    text = number(rounded, 0) if whole else f"{rounded:,}".replace("-", "−")
    return with_unit(code, text, unit, value)


def _scaled(code: str, value: Decimal, unit: Unit) -> str:
    """Write "1.5 GB", "340 MB/s"; prefixes are powers of 1,000."""
    power = next((n for n in range(len(_PREFIXES) - 1) if abs(value) < Decimal(1000) ** (n + 1)), len(_PREFIXES) - 1)
    text = f"{number(value / Decimal(1000) ** power, 1 if power else 0)} {_PREFIXES[power]}"
    return text if unit is Unit.BYTES else text + ("/초" if code == "ko" else "/s")

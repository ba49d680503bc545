"""Judges the JSON of a row strictly, and says what is in it. All of it is what SQL cannot say.

The function works on one row, knows nothing of Spark, and never raises for a text, whatever it is.
"""

import json
import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from . import rendered

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_BRACKETS = re.compile(r"[^\[\]{}]+")
_TO_SQUARE = str.maketrans("{}", "[]")
_LEVELS: int = rendered.load()["levels"]
_NON_FINITE = re.compile(rendered.load()["patterns"]["nonFinite"], re.ASCII)
_TOO_LARGE = re.compile(rendered.load()["patterns"]["tooLarge"], re.ASCII)
# What the JSON of many programs has instead of a number; which spelling does not matter for what is said of the row.
_WORD = re.compile(r'("(?:[^"\\]|\\.)*")|-?(?:infinity|inf|nan)', re.ASCII | re.IGNORECASE)
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Document(NamedTuple):
    """What is said of a row's document. Maps have the top-level names that the contract knows and that are not null."""

    flaw: str | None
    has_twice: bool
    texts: dict[str, str]
    kinds: dict[str, str]
    jsons: dict[str, str]
    normals: dict[str, str]
    extra: str | None


class _Whole(str):
    """The text of a whole number."""


class _Double(str):
    """The text of a number that is kept as a double."""


class _Object(list):
    """An object: pairs of a name and a value, in their order."""


class _Found:
    """What was noticed while a document was parsed."""

    def __init__(self) -> None:
        self.has_twice = False

    def object(self, pairs: list[tuple[str, Any]]) -> _Object:
        if len({name for name, _ in pairs}) != len(pairs):
            self.has_twice = True
        return _Object(pairs)


def read_document(doc: str | None, names: str, variants: str) -> Document:
    """Reads a row's document.

    :param doc: JSON text; None where there is none to read
    :param names: the columns of the contract, with commas between them
    :param variants: those of them that are kept as JSON
    """
    if doc is None:
        return Document(None, False, {}, {}, {}, {}, None)
    blanked = _STRING.sub('""', doc)
    if _is_too_deep(blanked):
        return _flawed("TOO_DEEP")
    found = _Found()
    pairs = _parse(doc, found)
    if pairs is None:
        return _flawed("BAD_JSON")
    if _NON_FINITE.search(blanked):
        return _flawed("NON_FINITE_NUMBER")
    flaw = "NUMBER_TOO_LARGE" if _TOO_LARGE.search(blanked) else None
    return _describe(pairs, flaw, found.has_twice, _split(names), _split(variants))


def _flawed(code: str) -> Document:
    return Document(code, False, {}, {}, {}, {}, None)


@lru_cache(maxsize=64)
def _split(names: str) -> frozenset[str]:
    return frozenset(names.split(","))


def _is_too_deep(blanked: str) -> bool:
    # Few rows have so many brackets at all, and only those are looked at closely.
    if blanked.count("[") + blanked.count("{") <= _LEVELS:
        return False
    brackets = _NOT_BRACKETS.sub("", blanked).translate(_TO_SQUARE)
    for _ in range(_LEVELS):
        brackets = brackets.replace("[]", "")
    return "[]" in brackets or "[" * (_LEVELS + 1) in brackets


def _parse(doc: str, found: _Found) -> _Object | None:
    """The pairs of an object; None for what is no JSON object or holds half a character."""
    text = _WORD.sub(lambda match: match[1] or "NaN", doc) if _NON_FINITE.search(doc) else doc
    decoder = json.JSONDecoder(
        object_pairs_hook=found.object, parse_int=_whole, parse_float=_Double, parse_constant=_Double
    )
    try:
        value = decoder.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, _Object) or ("\\u" in doc and _has_half_character(value)):
        return None
    return value


def _whole(text: str) -> _Whole:
    return _Whole("0" if text == "-0" else text)


def _has_half_character(value: Any) -> bool:
    if isinstance(value, _Object):
        return any(_SURROGATE.search(name) or _has_half_character(each) for name, each in value)
    if isinstance(value, list):
        return any(map(_has_half_character, value))
    return isinstance(value, str) and _SURROGATE.search(value) is not None


def _describe(
    pairs: _Object, flaw: str | None, has_twice: bool, names: frozenset[str], variants: frozenset[str]
) -> Document:
    texts: dict[str, str] = {}
    kinds: dict[str, str] = {}
    jsons: dict[str, str] = {}
    normals: dict[str, str] = {}
    extra: list[str] = []
    for name, value in pairs:
        if name not in names:
            extra.append(f"{_string(name)}:{to_json(value)}")
        # Of a name that comes twice the first counts; the row is bad anyway.
        elif value is not None and name not in texts:
            texts[name], kinds[name] = _text(value), _kind(value)
            if name in variants:
                jsons[name] = to_json(value)
            if kinds[name] == "STRING" and not unicodedata.is_normalized("NFC", value):
                normals[name] = unicodedata.normalize("NFC", value)
    return Document(flaw, has_twice, texts, kinds, jsons, normals, "{" + ",".join(extra) + "}" if extra else None)


def _kind(value: Any) -> str:
    if isinstance(value, (_Whole, _Double)):
        return "NUMBER"
    return "STRING" if isinstance(value, str) else "OTHER"


def _text(value: Any) -> str:
    return value if type(value) is str else to_json(value)


def to_json(value: Any) -> str:
    """The text of a value in one spelling, the one that DuckDB has."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, _Double):
        return double_text(value)
    if isinstance(value, _Whole):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, _Object):
        return "{" + ",".join(f"{_string(name)}:{to_json(each)}" for name, each in value) + "}"
    return "[" + ",".join(map(to_json, value)) + "]"


def _string(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", text) + '"'


def double_text(text: str) -> str:
    """The shortest text of a double, with an exponent only for the very small and the very large."""
    value = float(text)
    if value != value or value in (float("inf"), float("-inf")):
        return str(text)
    sign, digits, exponent = _digits(repr(value))
    # Where the point stands, counted from before the first digit.
    point = len(digits) + exponent
    if not -6 < point <= 21:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{point - 1}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    padded = digits.ljust(point, "0")
    return f"{sign}{padded[:point]}.{padded[point:] or '0'}"


def _digits(shown: str) -> tuple[str, str, int]:
    """A number's sign, its digits without zeros around them, and the power of ten to multiply them with."""
    sign = "-" if shown.startswith("-") else ""
    mantissa, _, power = shown.lstrip("-").partition("e")
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    exponent = int(power or 0) - len(part)
    stripped = digits.rstrip("0")
    if stripped == "":
        return sign, "0", 0
    return sign, stripped, exponent + len(digits) - len(stripped)

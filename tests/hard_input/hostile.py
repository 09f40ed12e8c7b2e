"""What files may hold that nobody meant: values for trees, and damage to the bytes of a text."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from random import Random
from typing import Any

from tests.hard_input.writing import Raw

NAN, INF = float("nan"), float("inf")

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -0.0, 1, -1, 0.5, -0.5, 2, 3),
    *(1e-9, 1e-300, 5e-324, 1e9, 1e12, 1e18, 1e300, 1.7e308, NAN, INF, -INF, Raw("1e400"), Raw("-1e400")),
    *(2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**400, -(10**30), Raw("9" * 5000)),
    *("", " ", "0", "12", "nan", "inf", "none", "null", "true", "1e400", "x" * 300, "x" * 100_000),
    *("é", "日本語", "e\u0301", "\u202e", "\U0001f600", "\ud800", "\udfff x", "\ufeff", "\x00", "a\nb\tc", "\x1b[31m"),
    *("../../etc/passwd", "/", ".", "a/b", "%s{0}", "__proto__", "$x", "=1+1", "--set", "[x=1]", "a,b"),
    *([], [[]], [None], [1, "a", None], {}, [{}], {"": ""}, {"kind": "lognormal"}, {"kind": "constant", "value_s": 1}),
    *([[[[[]]]]], {"a": {"a": {"a": {}}}}, [0] * 1000, Raw("[" * 900 + "]" * 900), Raw("[" * 100_000 + "]" * 100_000)),
    *(Raw('{"a":' * 5000 + "1" + "}" * 5000), Raw("01"), Raw("+1"), Raw("0x10"), Raw(".5"), Raw("1_000"), Raw("'x'")),
    *(Raw("0x" + "f" * 10_000), Raw("1979-05-27"), Raw(""), Raw("1e-400"), Raw("-"), Raw("\\"), Raw('"\\u12"')),
)

KEYS = ("", " ", "x", "kind", "name", "id", "faascast", "é", "\ud800", "a.b", "x" * 1000, "\x00", "__class__", "tasks")

Damage = Callable[[bytes, Random], bytes]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _cut_front(data: bytes, random: Random) -> bytes:
    return data[random.randrange(len(data) + 1) :]


def _flip(data: bytes, random: Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 50))):
        if damaged:
            damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged)


def _insert(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    pieces = (b"\x00", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", *(bytes([byte]) for byte in b'{}[]",\\\n#='))
    return data[:place] + random.choice((*pieces, random.randbytes(20))) + data[place:]


def _repeat(data: bytes, random: Random) -> bytes:
    begin = random.randrange(len(data) + 1)
    end = min(len(data), begin + random.randrange(1, 200))
    return data[:end] + data[begin:end] * random.choice((1, 2, 100)) + data[end:]


def _drop(data: bytes, random: Random) -> bytes:
    begin = random.randrange(len(data) + 1)
    return data[:begin] + data[begin + random.randrange(1, 200) :]


def _lines(data: bytes, random: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if random.random() < 0.5:
        random.shuffle(lines)
    else:
        lines = [line for line in lines if random.random() < 0.95]
    return b"".join(lines)


def _figures(data: bytes, random: Random) -> bytes:
    """Digits changed, and the exponents of numbers with them."""
    places = [i for i, byte in enumerate(data) if 48 <= byte < 58]
    damaged = bytearray(data)
    for place in random.sample(places, min(len(places), 3)):
        damaged[place : place + 1] = random.choice((b"9", b"0", b"-", b"e9", b"e300", b".", b"", b"99999999999", b" "))
    return bytes(damaged)


def _encoded(encoding: str) -> Damage:
    return lambda data, random: data.decode("utf-8", "replace").encode(encoding, "replace")


DAMAGES: tuple[Damage, ...] = (
    *(_cut, _cut, _cut_front, _flip, _flip, _insert, _insert, _repeat, _drop, _lines, _figures, _figures, _figures),
    *(_encoded("utf-16"), _encoded("utf-16-le"), _encoded("utf-32"), _encoded("utf-8-sig"), _encoded("latin-1")),
    _encoded("utf-7"),
    lambda data, random: data.replace(b"\n", b"\r\n"),
    lambda data, random: data.replace(b"\n", b"\r"),
    lambda data, random: data.replace(b'"', b"'"),
    lambda data, random: data + data,
    lambda data, random: data + b"\x00" * 100,
    lambda data, random: gzip.compress(data, mtime=0),
    lambda data, random: b"",
    lambda data, random: b" \n\t ",
    lambda data, random: random.randbytes(1000),
    lambda data, random: b"[" * random.choice((1_000, 100_000, 1_000_000)),
    lambda data, random: b'{"a":' * random.choice((1_000, 100_000)),
    lambda data, random: b"a = " + b"[" * 100_000,
    lambda data, random: b"a = [" + b"0," * 100_000 + b"]\n" + data,
)

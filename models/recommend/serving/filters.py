"""Filters on items, in a small text grammar.

    filter     = every { "or" every }
    every      = single { "and" single }
    single     = "not" single | "(" filter ")" | condition
    condition  = ("category" | "tag" | "item" | "has") ":" value
               | value ("<" | "<=" | ">" | ">=" | "=" | "!=") number
    value      = a word without spaces and without any of ( ) : < > = ! " , or text in double quotes

    category:comedy and not tag:trailer and price < 20
    (category:"science fiction" or tag:space) and has:year and year >= 1990

Words are compared exactly; and, or, not may be written large. `has:price` asks whether the item's price is known;
a comparison with a number that an item lacks is false. In quotes, a backslash takes the next character as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from models.compiled import Flags
from models.errors import InvalidParameter
from models.recommend.serving.conditions import (
    COMPARISONS,
    AllOf,
    AnyOf,
    Compares,
    Condition,
    HasNumber,
    HasTag,
    InCategory,
    IsItem,
    Items,
    Not,
)

LONGEST = 2_000
"""Characters of a filter at most: it comes from outside, and is evaluated on every item."""
DEEPEST = 32
"""Brackets and negations within each other at most."""

_TOKEN = re.compile(
    r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<sign><=|>=|!=|[<>=])|(?P<mark>[():])'
    r'|(?P<word>[^\s():<>=!"]+))',
    re.DOTALL,
)
_ASKS: dict[str, Callable[[str], Condition]] = {
    "category": InCategory,
    "tag": HasTag,
    "item": IsItem,
    "has": HasNumber,
}


class _Token(NamedTuple):
    kind: str
    text: str


_END = _Token("end", "")


@dataclass(frozen=True)
class Filter:
    """A parsed filter; equal to any of the same text. Raises InvalidParameter where the text is none.

    Evaluate it through `Catalogue.matching`, which remembers masks and keeps them up to date.
    """

    text: str
    condition: Condition = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition", _Parser(self.text).parse())

    def mask(self, items: Items) -> Flags:
        """Which rows pass, shape (rows,); not to be written to."""
        return self.condition.mask(items)


def quoted(value: str) -> str:
    """The value as it can stand in a filter, whatever its characters."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > LONGEST:
            self._refuse(f"at most {LONGEST:,} characters long", len(text))
        self.tokens = self._scan()
        self.at = 0
        self.depth = 0

    def parse(self) -> Condition:
        condition = self._any_of()
        if self._peek() != _END:
            self._refuse("conditions joined by and, or", self._peek().text)
        return condition

    def _scan(self) -> list[_Token]:
        tokens, at, end = [], 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if match is None:
                self._refuse(
                    "words, numbers, signs and text in closed quotes", self.text[at:].strip()
                )
            assert match.lastgroup is not None
            tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
            at = match.end()
        return tokens

    def _any_of(self) -> Condition:
        return self._joined("or", self._all_of, AnyOf)

    def _all_of(self) -> Condition:
        return self._joined("and", self._single, AllOf)

    def _joined(
        self,
        word: str,
        part: Callable[[], Condition],
        join: Callable[[tuple[Condition, ...]], Condition],
    ) -> Condition:
        parts = [part()]
        while self._takes("word", word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _single(self) -> Condition:
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(f"nested at most {DEEPEST} deep", self.text)
        if self._takes("word", "not"):
            condition: Condition = Not(self._single())
        elif self._takes("mark", "("):
            condition = self._any_of()
            if not self._takes("mark", ")"):
                self._refuse("closed by a bracket where one was opened", self._peek().text)
        else:
            condition = self._condition()
        self.depth -= 1
        return condition

    def _condition(self) -> Condition:
        subject = self._value("a condition such as category:comedy or price < 20")
        if self._takes("mark", ":"):
            if subject not in _ASKS:
                self._refuse("about category:, tag:, item: or has: where there is a colon", subject)
            return _ASKS[subject](self._value("a value after the colon"))
        sign = self._peek()
        if sign.kind != "sign":
            self._refuse(f"':' or one of {' '.join(COMPARISONS)} after {subject!r}", sign.text)
        self.at += 1
        return Compares(subject, sign.text, self._number())

    def _number(self) -> float:
        text = self._value("a number to compare with")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._refuse("a comparison with a finite number", text)
        return number

    def _value(self, rule: str) -> str:
        token = self._peek()
        if token.kind not in ("word", "quoted"):
            self._refuse(rule, token.text)
        self.at += 1
        if token.kind == "word":
            return token.text
        return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)

    def _takes(self, kind: str, text: str) -> bool:
        token = self._peek()
        taken = token.kind == kind and token.text.lower() == text
        self.at += taken
        return taken

    def _peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def _refuse(self, rule: str, got: object) -> NoReturn:
        raise InvalidParameter("filter", "a request", rule, got)

"""The conditions of `where`: a closed little grammar, parsed to a tree that no SQL text goes through.

condition   = term {"or" term}
term        = factor {"and" factor}
factor      = "not" factor | "(" condition ")" | test
test        = column ("=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=") (literal | column)
            | column ["not"] "in" "(" literal {"," literal} ")"
            | column ["not"] "between" literal "and" literal
            | column ["not"] "like" text
            | column "is" ["not"] "null"
column      = name | "`" any name "`"
literal     = number | 'text' | "true" | "false"
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

from anonspark.errors import InputError

Literal: TypeAlias = str | bool | int | Decimal


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column, told apart from a text."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column against a literal or another column; `operator` is one of = != < <= > >=."""

    column: str
    operator: str
    operand: Literal | ColumnName


@dataclass(frozen=True, slots=True)
class Membership:
    """A column's value is one of these."""

    column: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """low <= value <= high."""

    column: str
    low: Literal
    high: Literal


@dataclass(frozen=True, slots=True)
class Like:
    """A text with `%` for any characters and `_` for one; a backslash takes either as it is."""

    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class IsNull:
    """A column has no value."""

    column: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Comparison | Membership | Between | Like | IsNull | Not | And | Or

DEEPEST: Final = 50
"""Parentheses and `not` within each other."""

_OPERATORS: Final = {"==": "=", "<>": "!="}
_WORDS: Final = frozenset({"and", "or", "not", "in", "between", "like", "is", "null", "true", "false"})
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w.]))
      | '(?P<text>(?:[^']|'')*)'
      | `(?P<quoted>(?:[^`]|``)+)`
      | (?P<word>[^\W\d]\w*)
      | (?P<sign><=|>=|<>|!=|==|[=<>(),])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number | text | column | word | sign | end
    value: str
    at: int


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        InputError: It is none; the sentence gives the position and, since a literal can be a cell, no literal.

    >>> parse_condition("age >= 18 and country in ('FR', 'DE')").conditions[0]
    Comparison(column='age', operator='>=', operand=18)
    """
    return _Parser(text).parse()


def without_literals(text: str) -> str:
    """A condition as it may be shown to anybody: who is left out by name is not told. Columns and operators stay.

    >>> without_literals("age >= 18 and not `id.no` in (4711, 'P''1')")
    'age >= … and not `id.no` in (…, …)'
    """
    tokens = [(match.lastgroup, match[0]) for match in _TOKEN.finditer(text)]
    return "".join(
        token if kind not in ("number", "text") else f"{token[: len(token) - len(token.lstrip())]}…"
        for kind, token in tokens
    )


def columns_of(condition: Condition) -> frozenset[str]:
    """The columns that a condition names.

    >>> sorted(columns_of(parse_condition("not (age < 18 or `home.zip` is null)")))
    ['age', 'home.zip']
    """
    match condition:
        case Not(inner):
            return columns_of(inner)
        case And(parts) | Or(parts):
            return frozenset().union(*map(columns_of, parts))
        case Comparison(column, _, ColumnName(other)):
            return frozenset({column, other})
        case _:
            return frozenset({condition.column})


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            hint = " Text stands in single quotes, a column's name in backticks." if text[start] in "\"'`" else ""
            raise _fault(start, f"'{text[start]}' begins nothing that can stand here.{hint}")
        kind, start = found.lastgroup, found.start(found.lastgroup)
        value = found[kind]
        if kind == "quoted":
            yield _Token("column", value.replace("``", "`"), start - 1)
        elif kind == "text":
            yield _Token("text", value.replace("''", "'"), start - 1)
        elif kind == "word" and value.lower() in _WORDS:
            yield _Token("word", value.lower(), start)
        else:
            yield _Token("column" if kind == "word" else kind, value, start)
        at = found.end()
    yield _Token("end", "", end)


class _Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokens(text))
        self._next = 0
        self._depth = 0

    def parse(self) -> Condition:
        condition = self._condition()
        if self._token.kind != "end":
            raise self._expected("`and`, `or` or the end")
        return condition

    def _condition(self) -> Condition:
        terms = [self._term()]
        while self._took("or"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self) -> Condition:
        factors = [self._factor()]
        while self._took("and"):
            factors.append(self._factor())
        return factors[0] if len(factors) == 1 else And(tuple(factors))

    def _factor(self) -> Condition:
        opening = self._token
        if opening.kind in {"word", "sign"} and opening.value in {"not", "("}:
            self._next += 1
            self._depth += 1
            if self._depth > DEEPEST:
                raise _fault(opening.at, f"more than {DEEPEST} parentheses and `not` stand within each other.")
            if opening.value == "not":
                inner: Condition = Not(self._factor())
            else:
                inner = self._condition()
                self._take(")")
            self._depth -= 1
            return inner
        return self._test()

    def _test(self) -> Condition:
        if self._token.kind != "column":
            raise self._expected("a column, `not` or `(`")
        column = self._advance().value
        if self._token.kind == "sign" and self._token.value not in {"(", ")", ","}:
            sign = self._advance().value
            return Comparison(column, _OPERATORS.get(sign, sign), self._operand())
        if self._took("is"):
            negated = self._took("not")
            self._take("null")
            return Not(IsNull(column)) if negated else IsNull(column)
        negated = self._took("not")
        test = self._range(column)
        return Not(test) if negated else test

    def _range(self, column: str) -> Condition:
        if self._took("in"):
            self._take("(")
            values = [self._literal()]
            while self._took(","):
                values.append(self._literal())
            self._take(")")
            return Membership(column, tuple(values))
        if self._took("between"):
            low = self._literal()
            self._take("and")
            return Between(column, low, self._literal())
        if self._took("like"):
            token = self._token
            if token.kind != "text":
                raise self._expected("a text in single quotes")
            self._advance()
            if re.search(r"\\(?![%_\\])", token.value.replace(r"\\", "")):
                raise _fault(token.at, r"a backslash in a pattern stands before %, _ or another backslash.")
            return Like(column, token.value)
        raise self._expected("a comparison, `in`, `between`, `like` or `is`")

    def _operand(self) -> Literal | ColumnName:
        if self._token.kind == "column":
            return ColumnName(self._advance().value)
        return self._literal()

    def _literal(self) -> Literal:
        token = self._token
        if token.kind == "text":
            return self._advance().value
        if token.kind == "number":
            self._advance()
            return int(token.value) if re.fullmatch(r"[+-]?\d+", token.value) else Decimal(token.value)
        if token.kind == "word" and token.value in {"true", "false"}:
            return self._advance().value == "true"
        if token.kind == "word" and token.value == "null":
            raise _fault(token.at, "a null is tested by `is null` or `is not null`.")
        raise self._expected("a number, a text in single quotes, true or false")

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _advance(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _took(self, value: str) -> bool:
        token = self._token
        if token.kind in {"word", "sign"} and token.value == value:
            self._next += 1
            return True
        return False

    def _take(self, value: str) -> None:
        if not self._took(value):
            raise self._expected(f"`{value}`")

    def _expected(self, what: str) -> InputError:
        token = self._token
        found = {"number": "a number", "text": "a text", "end": "the end", "column": f"the name '{token.value}'"}
        return _fault(token.at, f"expected {what}, found {found.get(token.kind, f'`{token.value}`')}.")


def _fault(at: int, sentence: str) -> InputError:
    return InputError(f"input.where, character {at + 1}: {sentence}", field="input.where")

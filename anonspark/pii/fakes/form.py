"""Fakes of codes in the form of the original: its separators, its case."""


def in_form_of(text: str, code: str) -> str:
    """A code with the separators of a text of as many letters and digits, in capitals or small letters as it is.

    >>> in_form_of("536-90 4399", "987654321"), in_form_of("ab 12", "XY34"), in_form_of("12", "345")
    ('987-65 4321', 'xy 34', '345')
    """
    if text.isupper():
        code = code.upper()
    elif not any(map(str.isupper, text)):
        code = code.lower()
    places = [place for place, symbol in enumerate(text) if symbol.isalnum()]
    if len(places) != len(code):
        return code
    symbols = list(text)
    for place, symbol in zip(places, code, strict=True):
        symbols[place] = symbol.lower() if text[place].islower() else symbol
    return "".join(symbols)


def luhn_digit(digits: str) -> str:
    """The digit that makes a number valid by Luhn's rule (ISO/IEC 7812-1).

    >>> luhn_digit("411111111111111")
    '1'
    """
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return str(-(sum(doubled) + sum(map(int, digits[-2::-2]))) % 10)

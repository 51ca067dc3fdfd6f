"""Made-up numbers with check digits that are right, written from the rules, without the engine's own checks."""

import hashlib
from random import Random
from string import ascii_uppercase

from Crypto.Hash import keccak

NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23],
        strict=True,
    )
)  # fmt: skip
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def letters(rng: Random, count: int, of: str = ascii_uppercase) -> str:
    return "".join(rng.choices(of, k=count))


def with_luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def card(rng: Random, prefix: str, length: int = 16) -> str:
    return with_luhn(prefix + digits(rng, length - len(prefix) - 1))


def mod_11_10(body: str) -> str:
    product = 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return body + str((11 - product) % 10)


def de_tax_id(rng: Random) -> str:
    """Ten digits of which exactly one occurs twice, and ISO 7064's check digit."""
    chosen = rng.sample("0123456789", 9)
    body = [*chosen, rng.choice(chosen)]
    rng.shuffle(body)
    if body[0] == "0":
        body = body[::-1] if body[-1] != "0" else [*body[1:-1], *body[:1], *body[-1:]]
    return mod_11_10("".join(body))


def de_pension_number(rng: Random, birth: str, initial: str) -> str:
    """Area, birth date DDMMYY, initial, serial number, check digit by weights 2 1 2 5 7 1 2 1 2 1 2 1."""
    body = f"{rng.randint(10, 29)}{birth}{initial}{rng.randint(0, 99):02}"
    plain = body[:8] + f"{ord(initial) - 64:02}" + body[9:]
    products = (int(digit) * weight for digit, weight in zip(plain, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return body + str(sum(sum(map(int, str(product))) for product in products) % 10)


def fr_nir(rng: Random, year: int, month: int, *, female: bool) -> str:
    place = f"{rng.randint(1, 95):02}{rng.randint(1, 990):03}{rng.randint(1, 999):03}"
    body = f"{2 if female else 1}{year % 100:02}{month:02}{place}"
    return f"{body}{97 - int(body) % 97:02}"


def es_nif(rng: Random) -> str:
    number = rng.randint(10_000_000, 89_999_999)
    return f"{number}{NIF_LETTERS[number % 23]}"


def br_cpf(rng: Random) -> str:
    body = digits(rng, 9)
    for _ in range(2):
        total = sum(int(digit) * weight for digit, weight in zip(body, range(len(body) + 1, 1, -1), strict=True))
        body += str(total * 10 % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def it_codice_fiscale(rng: Random, year: int, month: int, day: int, *, female: bool) -> str:
    consonants = "BCDFGLMNPRSTVZ"
    body = letters(rng, 6, consonants) + f"{year % 100:02}{'ABCDEHLMPRST'[month - 1]}{day + (40 if female else 0):02}"
    body += rng.choice("ABCDEFGHL") + digits(rng, 3)
    even = {sign: index for index, sign in enumerate(ascii_uppercase)} | {str(d): d for d in range(10)}
    total = sum(CF_ODD[sign] if place % 2 == 0 else even[sign] for place, sign in enumerate(body))
    return body + ascii_uppercase[total % 26]


def nl_bsn(rng: Random) -> str:
    while True:
        body = digits(rng, 8)
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10 and body[0] != "0":
            return f"{body}{check}"


def jp_my_number(rng: Random) -> str:
    body = digits(rng, 11)
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


def nhs_number(rng: Random) -> str:
    while True:
        body = "9" + digits(rng, 8)
        check = 11 - sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return f"{body}{check % 11}"


def uk_nino(rng: Random) -> str:
    return f"{rng.choice(['AB', 'CE', 'JG', 'PW', 'SK', 'YS'])}{digits(rng, 6)}{rng.choice('ABCD')}"


def uk_driver_number(rng: Random, last: str, year: int, month: int, day: int, *, female: bool) -> str:
    name = ("".join(filter(str.isalpha, last.upper())) + "99999")[:5]
    decade, unit = divmod(year % 100, 10)
    date = f"{decade}{month + (50 if female else 0):02}{day:02}{unit}"
    return f"{name}{date}{letters(rng, 1)}9{rng.randint(0, 9)}{letters(rng, 2)}"


def us_mbi(rng: Random) -> str:
    sign = "ACDEFGHJKMNPQRTUVWXY"
    pick = rng.choice
    parts = [pick("123456789"), pick(sign), pick(sign + "0123456789"), pick("0123456789"), pick(sign)]
    return "".join([*parts, pick(sign + "0123456789"), pick("0123456789"), letters(rng, 2, sign), digits(rng, 2)])


def npi(rng: Random) -> str:
    return with_luhn("80840" + rng.choice("12") + digits(rng, 8))[5:]


def dea(rng: Random, initial: str) -> str:
    body = digits(rng, 6)
    first = sum(map(int, body[0::2])) + 2 * sum(map(int, body[1::2]))
    return f"{rng.choice('ABFM')}{initial}{body}{first % 10}"


def ssn(rng: Random) -> str:
    return f"{rng.randint(1, 665):03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def iban(country: str, bban: str) -> str:
    number = "".join(str(int(sign, 36)) for sign in bban + country + "00")
    return f"{country}{98 - int(number) % 97:02}{bban}"


def es_account(rng: Random) -> str:
    """Bank, branch, two check digits, account: weights 1 2 4 8 5 10 9 7 3 6 over each half, mod 11."""

    def check(body: str) -> str:
        rest = (
            sum(int(digit) * weight for digit, weight in zip(body, (1, 2, 4, 8, 5, 10, 9, 7, 3, 6), strict=True)) % 11
        )
        return str((11 - rest) % 11 if rest != 1 else 1)

    bank, account = digits(rng, 8), digits(rng, 10)
    return bank + check("00" + bank) + check(account) + account


def ean13(rng: Random) -> str:
    body = rng.choice(["400", "871", "540"]) + digits(rng, 9)
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def bitcoin(rng: Random) -> str:
    payload = b"\x00" + rng.randbytes(20)
    number = int.from_bytes(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4], "big")
    signs = ""
    while number:
        number, rest = divmod(number, 58)
        signs = BASE58[rest] + signs
    return "1" + signs


def ethereum(rng: Random) -> str:
    address = rng.randbytes(20).hex()
    nibbles = keccak.new(digest_bits=256, data=address.encode()).hexdigest()
    return "0x" + "".join(
        sign.upper() if int(nibble, 16) > 7 else sign for sign, nibble in zip(address, nibbles, strict=False)
    )

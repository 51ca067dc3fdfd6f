"""Numbers that carry their own proof: check digits, prefixes and alphabets by published rules, which no library has.

Every function takes the number alone, in capitals and without blanks or dashes, and answers whether it can be real.
"""

import re
from typing import Final

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_NPI: Final = re.compile(r"[12][0-9]{9}")
_DEA: Final = re.compile(r"[A-HJ-MPRSTUX][A-Z9][0-9]{7}")
_VIN: Final = re.compile(r"[A-HJ-NPR-Z0-9]{13}[0-9]{4}")
_NINO: Final = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_MBI_LETTER: Final = "[AC-HJKMNP-RT-Y]"
_MBI_EITHER: Final = "[AC-HJKMNP-RT-Y0-9]"
_MBI: Final = re.compile(
    f"[1-9]{_MBI_LETTER}{_MBI_EITHER}[0-9]{_MBI_LETTER}{_MBI_EITHER}[0-9]{_MBI_LETTER}{{2}}[0-9]{{2}}"
)
_SSN: Final = re.compile(r"(?!000|666)[0-8][0-9]{2}(?!00)[0-9]{2}(?!0000)[0-9]{4}")
_ITIN: Final = re.compile(r"9[0-9]{2}(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-2]|9[4-9])[0-9]{4}")
_ROUTING: Final = re.compile(r"(?!000000000)(?:0[0-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)[0-9]{7}")
_CA_SIN: Final = re.compile(r"(?!0{9})[0-79][0-9]{8}")
_IMEI: Final = re.compile(r"(?!0{15}|3[47])[0-9]{15}")
_UK_DRIVER: Final = re.compile(r"[A-Z][A-Z9]{4}[0-9](?:[05][1-9]|[16][0-2])[0-9]{3}[A-Z9]{2}[0-9A-Z][A-Z]{2}")
_DE_PENSION: Final = re.compile(r"[0-9]{2}(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{2}[A-Z][0-9]{3}")
_ICD10: Final = re.compile(r"[A-Z][0-9][0-9AB](?:\.?[0-9A-KXZ]{1,4})?")
_NDC: Final = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3,4}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]|[0-9]{11}")

_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES: Final = dict(zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", "012345678912345678123457923456789", strict=True))

_PRINTED_SSN: Final = frozenset({"078051120", "219099999"})
"""A wallet maker's and the SSA's own leaflet's; void since."""

_MONTH_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others.

    Source: ISO/IEC 7812-1, annex B.

    >>> luhn("79927398713"), luhn("79927398710")
    (True, False)
    """
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def is_npi(number: str) -> bool:
    """A US National Provider Identifier: ten digits that begin with 1 or 2, Luhn over 80840 and the number.

    Source: CMS, Requirements for NPI and NPI check digit; 45 CFR 162.406.
    """
    return _NPI.fullmatch(number) is not None and luhn("80840" + number)


def is_dea_number(number: str) -> bool:
    """A registration of the US Drug Enforcement Administration: type, initial or 9, six digits and their check digit.

    Source: the DEA's rule: (first + third + fifth) + 2 (second + fourth + sixth) ends with the seventh.
    """
    if _DEA.fullmatch(number) is None or number[2:] == "0000000":
        return False
    first, second, third, fourth, fifth, sixth, check = map(int, number[2:])
    return (first + third + fifth + 2 * (second + fourth + sixth)) % 10 == check


def is_vin(number: str) -> bool:
    """A vehicle identification number; the check digit is asked for only where law does, in North America.

    Elsewhere 17 characters without I, O and Q, the last four digits, and letters among them.

    Source: ISO 3779:2009; 49 CFR 565.15 (check digit); the first character 1 to 5 is North America (ISO 3780).
    """
    if _VIN.fullmatch(number) is None:
        return False
    if number[0] not in "12345":
        return sum(map(str.isalpha, number)) >= 2  # the maker and the model are codes, not serial numbers
    remainder = sum(int(_VIN_VALUES[sign]) * weight for sign, weight in zip(number, _VIN_WEIGHTS, strict=True)) % 11
    return number[8] == "0123456789X"[remainder]


def is_uk_nino(number: str) -> bool:
    """A UK National Insurance number: two letters that are in use, six digits, and A to D.

    Source: HMRC, National Insurance Manual NIM39110.
    """
    return _NINO.fullmatch(number) is not None


def is_us_mbi(number: str) -> bool:
    """A Medicare Beneficiary Identifier: eleven characters, letter or digit by position, without S, L, O, I, B and Z.

    Source: CMS, Understanding the Medicare Beneficiary Identifier (MBI) Format.
    """
    return _MBI.fullmatch(number) is not None


def is_ssn(digits: str) -> bool:
    """A US Social Security number that the SSA could have issued.

    Source: SSA, POMS RM 10201.035 (no area 000, 666, 900 to 999; no group 00; no serial 0000).
    """
    return _SSN.fullmatch(digits) is not None and digits not in _PRINTED_SSN


def is_itin(digits: str) -> bool:
    """A US Individual Taxpayer Identification Number: area 9xx, group 50 to 65, 70 to 88, 90 to 92 or 94 to 99.

    Source: IRS, Internal Revenue Manual 3.21.263.
    """
    return _ITIN.fullmatch(digits) is not None


def is_us_routing_number(digits: str) -> bool:
    """An ABA routing number: a prefix of the Federal Reserve's, weights 3, 7, 1, and not all zero.

    Source: American Bankers Association, Routing Number Policy.
    """
    if _ROUTING.fullmatch(digits) is None:
        return False
    total = sum(weight * int(digit) for weight, digit in zip((3, 7, 1) * 3, digits, strict=True))
    return total % 10 == 0


def is_ca_sin(digits: str) -> bool:
    """A Canadian Social Insurance Number: nine digits with Luhn; 8 begins the numbers of businesses.

    A first 0 is let through, as those of the tax office's temporary numbers have it.

    Source: Government of Canada, Social Insurance Number Code of Practice.
    """
    return _CA_SIN.fullmatch(digits) is not None and luhn(digits)


def is_imei(digits: str) -> bool:
    """The number of a mobile device: 15 digits with Luhn; no body reports under 34 and 37, those are American Express.

    Source: 3GPP TS 23.003, 6.2; GSMA TS.06.
    """
    return _IMEI.fullmatch(digits) is not None and luhn(digits)


def is_uk_driver_number(number: str) -> bool:
    """A UK driver number: five letters of the surname, decade, month (+50 for women), day, year, initials, three signs.

    Source: DVLA, format of the driver number (INF1D): a surname too short is filled with 9.
    """
    if _UK_DRIVER.fullmatch(number) is None or not number[:5].rstrip("9").isalpha():
        return False
    month, day = int(number[6:8]) % 50, int(number[8:10])
    return 1 <= day <= _MONTH_DAYS[month - 1]


def is_de_pension_number(number: str) -> bool:
    """A number of the German pension insurance: area, birth date, initial of the name, serial number, check digit.

    Source: Sozialgesetzbuch VI, section 147; VKVV, section 4 (weights 2 1 2 5 7 1 2 1 2 1 2 1, sums of digits, mod 10).
    """
    if _DE_PENSION.fullmatch(number) is None:
        return False
    plain = f"{number[:8]}{ord(number[8]) - 64:02}{number[9:11]}"
    products = (int(digit) * int(weight) for digit, weight in zip(plain, "212571212121", strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(number[11])


def is_icd10(code: str) -> bool:
    """A diagnosis of ICD-10 or ICD-10-CM: chapter letter, two signs, up to four behind an optional dot.

    Source: WHO, ICD-10 volume 2, 2.4; CDC, ICD-10-CM Official Guidelines, I.A.
    """
    return _ICD10.fullmatch(code) is not None


def is_ndc(code: str) -> bool:
    """A US National Drug Code: 4-4-2, 5-3-2, 5-4-1, billed as 5-4-2 or eleven digits.

    Source: 21 CFR 207.33; CMS billing format.
    """
    return _NDC.fullmatch(code) is not None and code.strip("0-") != ""

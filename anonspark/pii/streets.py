"""Street addresses, by the words for streets in some twenty languages."""

import re
from typing import Final

STREET_TYPES_LAST: Final = (
    "street|st|avenue|ave|av|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|square|sq|terrace|ter|trail|trl|"
    "parkway|pkwy|circle|cir|highway|hwy|crescent|close|way|alley|row|mews|gardens|grove"
)
"""Behind the name: English."""

STREET_TYPES_FIRST: Final = (
    "rue|chemin|impasse|allée|quai|cours|route|passage|avenue|av|boulevard|bd|place|square|"
    "calle|c/|avenida|avda|plaza|paseo|camino|carrera|ronda|travesía|callejón|glorieta|pasaje|"
    "rua|r|travessa|alameda|praça|rodovia|largo|estrada|via|viale|piazza|corso|vicolo|contrada|strada|borgo|piazzale|"
    "ulica|ul|aleja|jalan|jl|calea|ул|улица|ulitsa"
)
"""Before the name: Romance and Slavic languages."""

STREET_ENDINGS: Final = (
    "straße|strasse|str\\.|str|weg|gasse|platz|allee|damm|ufer|chaussee|steig|straat|laan|plein|gracht|singel|"
    "dijk|gatan|gata|vägen|stigen|gade|vej|veien|katu|utca"
)
"""At the end of the name, or behind it: Germanic languages, Finnish, Hungarian."""

_MORE_FIRST: Final = (
    "cuesta|urbanización|urb|pasadizo|cañada|callejuela|rambla|carretera|ctra|diagonal|viaducto|privada|circunvalación|"
    "prolongación|calzada|cerrada|andador|retorno|circuito|eje|"
    "ladeira|viela|vila|quadra|passarela|chácara|sítio|setor|trecho|loteamento|jardim|parque|residencial|condomínio|conjunto|"
    "lungomare|salita|località|frazione|rotonda|galleria|"
    "al\\.|pl\\.|aleje|plac|osiedle|bulevardul|bd\\.|aleea|soseaua|șoseaua|drumul|intrarea|"
    "пер|переулок|пр|просп|проспект|пл|площадь|наб|набережная|ш|шоссе|алл|аллея|бул|бульвар"
)
_MORE_ENDINGS: Final = (
    "hof|baan|dreef|steeg|plantsoen|boulevard|kade|gränd|torget|stræde|allé|kuja|bulevardi|polku|út|tér|köz"
)

_ANY_FIRST: Final = f"{STREET_TYPES_FIRST}|{_MORE_FIRST}"
_ARTICLES: Final = "de|de la|de los|de l'|du|des|la|le|les|del|di|dei|della|delle|da|do|dos|das|d'"
_NUMBER: Final = r"(?:(?:n[º°o.]{0,2}|nr|d|д|num)\.? ?)?(?:(?!(?:19|20)[0-9]{2}(?!\w))[0-9]{1,5}|s/n)(?!\w)"

_TITLED: Final = re.compile(
    rf"(?<!\w)[0-9]{{1,6}}[A-Za-z]?,? (?:[^\W_a-z][\w.'\u2019-]* ){{1,4}}(?i:{STREET_TYPES_LAST})(?!\w)"
)
_WHOLE: Final = re.compile(
    rf"[0-9]{{1,6}}[a-z]?,? (?:[\w.'\u2019-]+ ){{1,4}}(?:{STREET_TYPES_LAST})(?!\w)\.?(?:,.{{0,80}}"
    rf"| ?#.{{0,10}}| (?:apt|suite|ste|unit|[ns]?[ew]|[ns])(?!\w).{{0,40}})?",
    re.IGNORECASE,
)
_ROMANCE: Final = re.compile(
    rf"(?<!\w)(?:[0-9]{{1,5}} ?(?i:bis|ter|quater)?,? )(?i:{STREET_TYPES_FIRST})\.? "
    rf"(?:(?i:{_ARTICLES}) ?){{0,2}}[^\W\d_a-z]"
    rf"|(?<!\w)(?i:{_ANY_FIRST})\.? (?:(?i:{_ARTICLES}) ?){{0,2}}[^\W\d_a-z]"
    rf"[\w.'\u2019() -]{{1,60}}?,? ?(?<![0-9])(?i:{_NUMBER})"
    r"|(?<!\w)(?i:calle|carrera|cra|kr|cl)\.? [0-9]{1,3}[A-Za-z]?(?: ?(?i:#|no\.?|n°|nro\.?) ?[0-9]| [0-9])"  # Colombia
)
_GERMANIC: Final = re.compile(
    rf"[^\W\d_](?:(?: |-)?(?:{STREET_ENDINGS}|{_MORE_ENDINGS})|[ -]ring) [0-9]{{1,5}}(?! ?[%€$])(?![0-9])",
    re.IGNORECASE,
)
_NAME_ALONE: Final = re.compile(
    r"(?i:rue|chemin|impasse|quai|avenue|boulevard|calle|avenida|avda|paseo|rua|travessa|alameda|viale|piazza|corso|ulica|"
    r"strada|bulevardul|soseaua|улица|ул\.)"
    rf"\.? (?:(?i:{_ARTICLES}) ?)?[^\W\d_a-z][\w.'\u2019 -]{{2,50}}"
    r"|[^\W\d_a-z][\w. -]{2,40}(?:straße|strasse|straat|gracht|laan)"
)
"""A street without a number, where the cell holds nothing else."""

_CHINESE: Final = re.compile(
    r"[都道府県市区町村郡].{1,20}[0-9一二三四五六七八九十]+(?:丁目|番地?|号|-[0-9]+)"  # Japan
    r"|[省市区县镇].{0,20}[街路道巷弄].{0,6}[0-9A-Za-z]+[号座室]?|[街路道巷弄][0-9A-Za-z]+[号座室]"  # China
)
_BOX: Final = re.compile(
    r"(?<!\w)(?:p\.? ?o\.? ?box|postfach|postbus|apartado|casella postale|boîte postale) ?[0-9]+"
    r"|(?<!\w)(?:psc|cmr|unit) [0-9]{3,5},? box [0-9]+|(?<!\w)[afd]po,? a[aep],? [0-9]{5}"  # of the US forces
    r"|^(?:flat|apt|apartment|suite|studio|unit)\.? [0-9]{1,4}[a-z]?(?:[,\n]\s?| [0-9]{1,5} )[^\W\d_]{3,}",
    re.IGNORECASE,
)
_TOWN: Final = re.compile(
    r"[^\W\d_][\w.' -]{1,40},? (?:[A-Z]{2,3},? )?[0-9]{4,6}(?:-[0-9]{3,4})?"  # Springfield, IL 62704
    r"|(?:[A-Z]{1,2}-)?[0-9]{2,5}(?:[ -][0-9]{2,3})?(?: ?[A-Z]{2})?[ \n,]{1,2}[^\W\d_a-z][\w.' ()/-]{1,50}"  # 10115 Ulm
    r"|(?:[A-Z]{2},? )?[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"  # SW1A 1AA
    r"|[^\n]{1,40}[A-Z]{2} [A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"  # Ottawa, ON K1A 0B1
)
"""The last line of an address: the town with its postal code."""

_PARTS_OF_STREET: Final = frozenset({"AddressNumber", "StreetName", "StreetNamePostType"})


def is_address(text: str) -> bool:
    """A street with a number, a town with its postal code behind something else, or a post office box.

    A word for a street in its place, beside a house number, suffices; otherwise `usaddress` has to see a house number
    and a street with its type.
    """
    if _BOX.search(text) or _NAME_ALONE.fullmatch(text):
        return True
    if not 5 <= len(text) <= 300:
        return False
    if _WHOLE.fullmatch(text) or any(street.search(text) for street in (_TITLED, _ROMANCE, _GERMANIC, _CHINESE)):
        return True
    if re.search("[0-9]", text) is None:
        return False
    return _ends_in_town(text) or (len(text) <= 100 and _has_us_street(text))


def _ends_in_town(text: str) -> bool:
    """Whether the last line, or what follows a comma behind a number, is a town with its postal code of five signs."""
    _, line, rest = text.partition("\n")
    if line and _TOWN.fullmatch(rest.rpartition("\n")[2] if _TOWN.fullmatch(rest) is None else rest):
        return True
    return any(
        re.search("[0-9]", text[: mark.start()]) is not None
        and re.search("[0-9]{5}|[A-Z]{2}", text[mark.end() :]) is not None
        and _TOWN.fullmatch(text, mark.end()) is not None
        for mark in re.finditer(", ?", text)
    )


def _has_us_street(text: str) -> bool:
    """Whether `usaddress`, which never says no, sees a house number and a street with a type."""
    import usaddress

    return {label for _, label in usaddress.parse(text)} >= _PARTS_OF_STREET

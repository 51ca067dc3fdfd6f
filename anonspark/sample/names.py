"""Names, e-mail addresses and telephone numbers that belong to nobody.

Common given names and surnames are put together at random. Addresses use the domains that RFC 2606 reserves, numbers
the exchange 555-01xx that is kept for fiction, in area codes with a middle 9, which are not given out.
"""

import unicodedata
from typing import Final

import numpy as np

from anonspark.sample.draws import below, draw
from anonspark.sample.people import COUNTRIES, ZIPS_OF_DISTRICT, People

ORIGINS: Final = ("english", "spanish", "east_asian", "south_asian", "european", "slavic", "arabic", "african")
AMERICAN_ORIGINS: Final = (66, 15, 4, 3, 6, 3, 1, 2)  # families of people who were born here
MODERN_FROM: Final = 1975

WOMEN: Final = {
    "english": "Emma Olivia Ashley Jessica Sarah Emily Hannah Megan Rachel Amanda Lauren Chloe Grace Abigail Madison",
    "english before": "Mary Patricia Linda Barbara Carol Dorothy Margaret Betty Shirley Judith Helen Nancy Ruth Joan",
    "spanish": "María Lucía Sofía Camila Valeria Elena Rosa Carmen Ana Gabriela Isabel Daniela Marisol Teresa",
    "east_asian": "Mei Ling Yuna Hana Linh Xiu Jin Soo-min Yan Mai Lan Hui Sakura Thuy",
    "south_asian": "Priya Anjali Lakshmi Divya Sunita Kavya Meera Pooja Deepa Asha Neha Radha",
    "european": "Anna Greta Chiara Giulia Heidi Camille Élise Ingrid Paola Sabine Claire Bianca",
    "slavic": "Olga Natalia Katarzyna Oksana Irina Agnieszka Svitlana Magda Tatiana Zofia",
    "arabic": "Fatima Aisha Layla Maryam Noor Zahra Samira Yasmin Huda Salma",
    "african": "Amara Ngozi Abeba Adaeze Efua Zola Makeda Ama Chioma Selam",
}
MEN: Final = {
    "english": "Liam Noah Michael Christopher Matthew Joshua Tyler Ryan Brandon Ethan Jacob Logan Justin Kyle Andrew",
    "english before": "James Robert John William Richard Charles Thomas Donald Ronald Kenneth Gerald Walter Harold",
    "spanish": "José Luis Carlos Juan Miguel Diego Alejandro Jorge Andrés Rafael Mateo Fernando Héctor Raúl",
    "east_asian": "Wei Jun Minh Hiroshi Min-jun Tao Hao Duc Kenji Long Feng Tuan",
    "south_asian": "Arjun Rahul Vikram Sanjay Ravi Amit Rohan Suresh Anil Kiran Deepak Manoj",
    "european": "Lukas Marco Stefan Pierre Matteo Jürgen Lorenzo Hans Émile Paolo Klaus Luca",
    "slavic": "Piotr Andriy Dmitri Tomasz Oleksandr Pavel Krzysztof Ivan Mykola Marek",
    "arabic": "Ahmed Omar Hassan Yusuf Ali Ibrahim Khalid Reza Tariq Karim",
    "african": "Kwame Chidi Abebe Emeka Kofi Tesfaye Obinna Sefu Yaw Dawit",
}
SURNAMES: Final = {
    "english": "Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White "
    "Martin Thompson Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Carter "
    "Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Morris Murphy Cook Rogers Reed "
    "Bailey Cooper Richardson Cox Howard Ward Peterson Gray James Watson Brooks Kelly Sanders Price Bennett Wood "
    "Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Washington Butler Simmons Foster "
    "Harris O'Brien McCarthy Whitfield Ellsworth Pruitt Lockhart Hargrove Winslow Thackeray Sutherland Abernathy",
    "spanish": "García Rodríguez Martínez Hernández López González Pérez Sánchez Ramírez Torres Flores Rivera Gómez "
    "Díaz Reyes Morales Cruz Ortiz Gutiérrez Chávez Ramos Ruiz Mendoza Vargas Castillo Romero Herrera Medina",
    "east_asian": "Wang Li Zhang Chen Liu Nguyen Tran Le Pham Kim Park Lee Choi Yang Huang Wu Tanaka Sato Suzuki Lin",
    "south_asian": "Patel Sharma Singh Kumar Gupta Reddy Shah Rao Iyer Mehta Nair Desai Joshi Banerjee Kapoor",
    "european": "Müller Schmidt Schneider Weber Rossi Ferrari Bianchi Dubois Moreau Laurent Fischer Wagner Keller",
    "slavic": "Kowalski Nowak Petrenko Shevchenko Ivanov Wójcik Bondarenko Lewandowski Kovalenko Zieliński Melnyk",
    "arabic": "Khan Hussain Ahmadi Hassan Mansour Malik Haddad Rahimi Farouk Nasser Qureshi Khalil",
    "african": "Okafor Mensah Tesfaye Adeyemi Bekele Owusu Eze Okonkwo Asante Haile Nwosu Boateng",
}
ADDRESS_STYLES: Final = (
    "{given}.{family}",
    "{initial}{family}{year}",
    "{given}{year}",
    "{family}.{given}",
    "{given}_{family}{year}",
)
DOMAINS: Final = ("example.com", "example.org", "example.net")
STREAMLINED: Final = str.maketrans({"'": "", "-": "", "ł": "l", "Ł": "L"})


def draw_names(bits: np.random.PCG64, people: People, birth_years: list[int]) -> list[tuple[str, str]]:
    """A given name and a surname for each person, by sex, origin and cohort; the first of a list is the commonest."""
    size = len(people.sex)
    origins = [origin for _, origin in COUNTRIES.values()]
    own = [[int(origin == name) for name in ORIGINS] if origin in ORIGINS else AMERICAN_ORIGINS for origin in origins]
    origin_codes = draw(bits, own, people.country).tolist()
    ranks = np.minimum(below(bits, 2**31 - 1, size), below(bits, 2**31 - 1, size)).tolist()
    family_ranks = np.minimum(below(bits, 2**31 - 1, size), below(bits, 2**31 - 1, size)).tolist()
    given = [{name: text.split() for name, text in side.items()} for side in (WOMEN, MEN)]
    families = {name: text.split() for name, text in SURNAMES.items()}
    names = []
    for sex, code, year, rank, family_rank in zip(
        people.sex.tolist(), origin_codes, birth_years, ranks, family_ranks, strict=True
    ):
        origin = ORIGINS[code]
        cohort = "english before" if origin == "english" and year < MODERN_FROM else origin
        names.append((_at(given[sex][cohort], rank), _at(families[origin], family_rank)))
    return names


def draw_addresses(bits: np.random.PCG64, names: list[tuple[str, str]], birth_years: list[int]) -> list[str]:
    """An e-mail address made of each name."""
    everyone = np.zeros(len(names), dtype=np.int64)
    styles = draw(bits, [(8, 5, 3, 1, 3)], everyone).tolist()
    domains = draw(bits, [(6, 3, 1)], everyone).tolist()
    addresses = []
    for (given, family), year, style, domain in zip(names, birth_years, styles, domains, strict=True):
        first, last = _ascii(given), _ascii(family)
        local = ADDRESS_STYLES[style].format(given=first, family=last, initial=first[0], year=f"{year % 100:02d}")
        addresses.append(f"{local}@{DOMAINS[domain]}")
    return addresses


def draw_phones(bits: np.random.PCG64, people: People) -> list[str]:
    """A telephone number in the district where each person lives, or sometimes in another one."""
    size = len(people.zip)
    moved = below(bits, 8, size) == 0
    elsewhere = min(ZIPS_OF_DISTRICT) + below(bits, len(ZIPS_OF_DISTRICT), size)
    areas = np.where(moved, elsewhere, people.zip // 100).tolist()
    return [f"({area}) 555-01{line:02d}" for area, line in zip(areas, below(bits, 100, size).tolist(), strict=True)]


def _at(words: list[str], rank: int) -> str:
    return words[rank * len(words) >> 31]


def _ascii(name: str) -> str:
    """Lower case without accents, hyphens and apostrophes."""
    plain = unicodedata.normalize("NFKD", name.translate(STREAMLINED))
    return plain.encode("ascii", "ignore").decode("ascii").lower()

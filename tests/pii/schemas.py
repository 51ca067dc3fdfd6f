"""Tables of our own, as systems of several trades and countries would hold them, with what each column is.

Values come from seeded generators and Faker, names of columns from how such systems name theirs. A label may name
several right types with `|`; None is a column without personal data.
"""

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from faker import Faker

ROWS = 120

Make = Callable[["Source"], object]


@dataclass(frozen=True)
class Source:
    """Where values are drawn from."""

    faker: Faker
    draw: random.Random


def digits(count: int) -> Make:
    return lambda source: "".join(source.draw.choice("0123456789") for _ in range(count))


def pick(*choices: object) -> Make:
    return lambda source: source.draw.choice(choices)


def fake(name: str, **arguments: object) -> Make:
    return lambda source: str(getattr(source.faker, name)(**arguments)).replace("\n", ", ")


def between(low: int, high: int) -> Make:
    return lambda source: source.draw.randint(low, high)


def decimal(low: float, high: float, places: int = 2) -> Make:
    return lambda source: f"{source.draw.uniform(low, high):.{places}f}"


def day(first: int, last: int, form: str = "%Y-%m-%d") -> Make:
    def make(source: Source) -> str:
        start = date(first, 1, 1)
        return (start + timedelta(days=source.draw.randrange((date(last, 12, 31) - start).days))).strftime(form)

    return make


def luhn(payload: str) -> str:
    """The payload with its check digit, written from the definition."""
    total = 0
    for at, digit in enumerate(reversed(payload)):
        doubled = int(digit) * (2 if at % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return payload + str(-total % 10)


def card(prefix: str = "4", length: int = 16) -> Make:
    return lambda source: luhn(prefix + digits(length - 1 - len(prefix))(source))


def hexes(count: int) -> Make:
    return lambda source: hashlib.sha256(str(source.draw.random()).encode()).hexdigest()[:count]


def shape(form: str) -> Make:
    """`#` a digit, `?` a capital letter."""

    def make(source: Source) -> str:
        letters = {"#": "0123456789", "?": "ABCDEFGHJKLMNPRSTUVWXYZ"}
        return "".join(source.draw.choice(letters[sign]) if sign in letters else sign for sign in form)

    return make


def dni(source: Source) -> str:
    """A Spanish number with its letter."""
    number = source.draw.randrange(10**8)
    return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


EMAIL, FIRST, LAST, NAME = fake("email"), fake("first_name"), fake("last_name"), fake("name")
CITY, STREET, PHONE, ZIP = fake("city"), fake("street_address"), fake("phone_number"), fake("postcode")
WORDS, COMPANY, UUID = fake("sentence"), fake("company"), fake("uuid4")

Schema = tuple[str, Mapping[str, tuple[Make, str | None]]]

SCHEMAS: Mapping[str, Schema] = {
    "us_crm": (
        "en_US",
        {
            "ContactId": (shape("003#####?####AAB"), "customer_id|other_unique_id|none"),
            "FirstName": (FIRST, "first_name"),
            "LastName": (LAST, "last_name"),
            "AccountName": (COMPANY, None),
            "Email": (EMAIL, "email"),
            "MobilePhone": (PHONE, "phone|us_phone"),
            "MailingStreet": (STREET, "address"),
            "MailingCity": (CITY, "city"),
            "MailingState": (fake("state_abbr"), "state"),
            "MailingPostalCode": (ZIP, "us_zip|postal_code"),
            "LeadSource": (pick("Web", "Referral", "Event", "Partner"), None),
            "HasOptedOutOfEmail": (pick("true", "false"), None),
            "LastModifiedDate": (day(2023, 2025), None),
            "Title": (fake("job"), "job_title"),
            "Description": (WORDS, None),
        },
    ),
    "hospital": (
        "en_US",
        {
            "PAT_MRN": (digits(8), "medical_record_number"),
            "PAT_LAST_NM": (LAST, "last_name"),
            "PAT_FIRST_NM": (FIRST, "first_name"),
            "PAT_BIRTH_DT": (day(1930, 2015, "%m/%d/%Y"), "date_of_birth"),
            "PAT_SEX_CD": (pick("M", "F", "U"), "gender"),
            "PAT_SSN": (digits(9), "ssn"),
            "ADMIT_DTTM": (day(2022, 2025), "date|none"),
            "DISCH_DT": (day(2022, 2025), "date|none"),
            "PRIM_DX_CD": (shape("E##.#"), "diagnosis"),
            "ATTENDING_NPI": (lambda source: luhn("80840" + "1" + digits(8)(source))[5:], "npi"),
            "RX_DRUG_NM": (pick("Metformin 500 mg", "Lisinopril 10 mg", "Atorvastatin 20 mg"), "medication"),
            "INS_MEMBER_ID": (shape("???#########"), "health_plan_id"),
            "RACE_DESC": (pick("White", "Black or African American", "Asian", "Other"), "race_ethnicity"),
            "WARD_CD": (pick("ICU", "MED", "SURG"), None),
            "LOS_DAYS": (between(1, 30), None),
            "BED_NO": (between(1, 400), None),
            "BLOOD_GRP": (pick("A+", "O-", "B+", "AB+"), "blood_type"),
            "VISIT_TYPE": (pick("inpatient", "outpatient"), None),
            "TOTAL_CHARGES": (decimal(200, 90000), "financial_record|none"),
        },
    ),
    "bank": (
        "en_GB",
        {
            "cust_no": (digits(9), "customer_id|none"),
            "acct_holder_nm": (NAME, "name"),
            "sort_code": (shape("##-##-##"), "none|account_number"),
            "acct_no": (digits(8), "account_number"),
            "iban": (fake("iban"), "iban"),
            "bic": (fake("swift"), "swift_bic"),
            "card_no": (card("4"), "credit_card"),
            "card_exp_dt": (fake("credit_card_expire"), "expiration_date"),
            "cur_bal": (decimal(-500, 90000), "account_balance"),
            "currency": (pick("GBP", "EUR", "USD"), None),
            "txn_ref": (shape("TX##########"), None),
            "merchant_name": (COMPANY, None),
            "mcc": (digits(4), None),
            "post_code": (ZIP, "uk_postcode|postal_code"),
            "ni_number": (shape("A?######C"), "uk_nino"),
            "credit_score": (between(300, 850), "credit_score"),
            "product_code": (pick("CA1", "SV2", "ISA"), None),
            "opened_on": (day(2005, 2025), None),
        },
    ),
    "hr_german": (
        "de_DE",
        {
            "PersNr": (digits(6), "employee_id"),
            "Nachname": (LAST, "last_name"),
            "Vorname": (FIRST, "first_name"),
            "GebDatum": (day(1955, 2004, "%d.%m.%Y"), "date_of_birth"),
            "Strasse": (STREET, "address"),
            "PLZ": (ZIP, "postal_code"),
            "Ort": (CITY, "city"),
            "Eintrittsdatum": (day(1990, 2025, "%d.%m.%Y"), "date|none"),
            "Gehalt": (decimal(2000, 9000), "salary"),
            "Steuerklasse": (between(1, 6), None),
            "Familienstand": (pick("ledig", "verheiratet", "geschieden"), "marital_status"),
            "Konfession": (pick("rk", "ev", "keine"), "religious"),
            "Telefon_privat": (PHONE, "phone|eu_phone|intl_phone"),
            "EMail": (EMAIL, "email"),
            "Abteilung": (pick("Einkauf", "Vertrieb", "IT"), "employment_info|none"),
            "Kostenstelle": (digits(4), None),
            "IBAN": (fake("iban"), "iban"),
            "Geschlecht": (pick("m", "w", "d"), "gender"),
            "Aenderungsdatum": (day(2023, 2025), None),
        },
    ),
    "shop_french": (
        "fr_FR",
        {
            "id_commande": (digits(7), None),
            "nom": (LAST, "last_name|name"),
            "prenom": (FIRST, "first_name"),
            "courriel": (EMAIL, "email"),
            "telephone": (PHONE, "phone|eu_phone|intl_phone"),
            "adresse_livraison": (STREET, "address"),
            "code_postal": (ZIP, "postal_code"),
            "ville": (CITY, "city"),
            "pays": (pick("France", "Belgique", "Suisse"), "country"),
            "date_commande": (day(2023, 2025), None),
            "montant_ttc": (decimal(10, 500), None),
            "statut": (pick("payée", "expédiée", "annulée"), None),
            "nom_produit": (pick("Lampe", "Chaise", "Table basse"), None),
            "date_naissance": (day(1950, 2005, "%d/%m/%Y"), "date_of_birth"),
        },
    ),
    "school_spanish": (
        "es_ES",
        {
            "matricula_alumno": (digits(8), "student_id"),
            "nombre": (FIRST, "first_name|name"),
            "apellidos": (lambda s: f"{s.faker.last_name()} {s.faker.last_name()}", "last_name"),
            "dni": (dni, "es_nif|national_id"),
            "fecha_nac": (day(1995, 2012, "%d/%m/%Y"), "date_of_birth"),
            "direccion": (STREET, "address"),
            "municipio": (CITY, "city"),
            "provincia": (fake("state"), "state"),
            "cp": (ZIP, "postal_code|none"),
            "tel_contacto": (PHONE, "phone|eu_phone|intl_phone"),
            "correo": (EMAIL, "email"),
            "curso": (pick("1A", "2B", "3C"), None),
            "nota_media": (decimal(0, 10), "education_info|none"),
            "beca": (pick("S", "N"), None),
        },
    ),
    "clinic_brazil": (
        "pt_BR",
        {
            "nome_paciente": (NAME, "name"),
            "cpf": (fake("cpf"), "br_cpf"),
            "dt_nascimento": (day(1940, 2018), "date_of_birth"),
            "sexo": (pick("M", "F"), "gender"),
            "raca_cor": (pick("Branca", "Preta", "Parda", "Amarela"), "race_ethnicity"),
            "celular": (PHONE, "phone|intl_phone"),
            "cep": (ZIP, "postal_code"),
            "logradouro": (fake("street_name"), "address"),
            "municipio": (CITY, "city"),
            "uf": (fake("estado_sigla"), "state"),
            "cid10": (shape("J##"), "diagnosis"),
            "convenio": (pick("Unimed", "Amil", "SUS"), "health_plan_id|none"),
            "data_cadastro": (day(2020, 2025), None),
            "qtd_consultas": (between(1, 20), None),
        },
    ),
    "telco_italian": (
        "it_IT",
        {
            "codice_cliente": (shape("CL######"), "customer_id|none"),
            "cognome": (LAST, "last_name"),
            "nome": (FIRST, "first_name|name"),
            "cod_fiscale": (fake("ssn"), "it_codice_fiscale"),
            "indirizzo": (STREET, "address"),
            "cap": (ZIP, "postal_code"),
            "comune": (CITY, "city"),
            "provincia": (fake("state_abbr"), "state"),
            "cellulare": (PHONE, "phone|eu_phone|intl_phone"),
            "imei": (lambda source: luhn("35" + digits(12)(source)), "imei"),
            "imsi": (lambda source: "22201" + digits(10)(source), "imsi"),
            "piano_tariffario": (pick("Start", "Top", "Max"), None),
            "data_attivazione": (day(2018, 2025), None),
            "consumo_gb": (decimal(0, 90), None),
        },
    ),
    "gp_dutch": (
        "nl_NL",
        {
            "bsn": (fake("ssn"), "nl_bsn"),
            "achternaam": (LAST, "last_name"),
            "voorletters": (shape("?.?."), "middle_name|first_name|none"),
            "geboortedatum": (day(1935, 2018, "%d-%m-%Y"), "date_of_birth"),
            "postcode": (ZIP, "postal_code"),
            "huisnummer": (between(1, 300), "address"),
            "woonplaats": (CITY, "city"),
            "telefoonnummer": (PHONE, "phone|eu_phone|intl_phone"),
            "huisarts": (NAME, "name|none"),
            "diagnose": (pick("astma", "diabetes", "hypertensie"), "diagnosis"),
            "aantal_consulten": (between(0, 12), None),
        },
    ),
    "shop_japan": (
        "ja_JP",
        {
            "会員番号": (digits(8), "customer_id|none"),
            "氏名": (NAME, "name"),
            "フリガナ": (fake("kana_name"), "name"),
            "生年月日": (day(1950, 2005, "%Y/%m/%d"), "date_of_birth"),
            "性別": (pick("男", "女"), "gender"),
            "郵便番号": (ZIP, "postal_code"),
            "都道府県": (fake("prefecture"), "state"),
            "住所": (fake("address"), "address"),
            "電話番号": (PHONE, "phone|intl_phone"),
            "メール": (EMAIL, "email"),
            "商品名": (pick("りんご", "みかん", "バナナ"), None),
            "購入金額": (between(100, 9000), "purchase_history|none"),
            "登録日時": (day(2020, 2025), None),
        },
    ),
    "romaji": (
        "ja_JP",
        {
            "kaiin_id": (digits(6), "customer_id|none"),
            "shimei": (NAME, "name"),
            "seinengappi": (day(1950, 2005), "date_of_birth"),
            "yubin_bango": (ZIP, "postal_code"),
            "juusho": (fake("address"), "address"),
            "denwa_bangou": (PHONE, "phone|intl_phone"),
            "touroku_bi": (day(2020, 2025), None),
        },
    ),
    "web_log": (
        "en_US",
        {
            "event_id": (UUID, "none|uuid"),
            "event_ts": (between(1_600_000_000, 1_760_000_000), None),
            "remote_addr": (fake("ipv4"), "ipv4|ip_address"),
            "ua": (fake("user_agent"), "user_agent"),
            "session_id": (hexes(32), "session_id"),
            "path": (pick("/", "/cart", "/search?q=lamp"), None),
            "status_code": (pick(200, 404, 500), None),
            "bytes_sent": (between(100, 90000), None),
            "referer": (fake("uri"), "url|browsing_history"),
            "cookie": (hexes(24), "cookie_id"),
            "ip_count": (between(1, 9), None),
            "app_version": (pick("1.2.3.4", "2.0.1.12", "10.4.2.1"), None),
            "device_mac": (fake("mac_address"), "mac_address"),
            "geo_lat": (decimal(-80, 80, 6), "latitude"),
            "geo_lon": (decimal(-170, 170, 6), "longitude"),
            "is_bot": (pick(0, 1), None),
            "latency_ms": (between(1, 900), None),
            "commit_sha": (hexes(40), None),
        },
    ),
    "products": (
        "en_US",
        {
            "product_id": (digits(8), None),
            "product_name": (pick("Blue Lamp", "Oak Table", "Mac Lipstick Red"), None),
            "sku": (shape("??-####-##"), None),
            "ean": (digits(13), None),
            "isbn": (shape("978-#-###-#####-#"), None),
            "price": (decimal(1, 900), None),
            "qty_on_hand": (between(0, 400), None),
            "brand": (COMPANY, None),
            "race_time": (shape("0#:##:##"), None),
            "state": (pick("active", "draft", "archived"), None),
            "title": (WORDS, None),
            "plan": (pick("free", "pro", "team"), None),
            "mac": (pick("lipstick", "foundation", "mascara"), None),
            "weight": (decimal(0.1, 30), "none|health"),
            "zip_file": (shape("export_####.zip"), None),
            "union_id": (digits(5), "none|trade_union"),
            "checksum": (hexes(64), None),
            "created_at": (day(2020, 2025), None),
            "release_date": (day(2020, 2025), None),
            "lot_number": (shape("L#########"), None),
            "batch_no": (digits(10), None),
            "tracking_no": (digits(12), None),
            "invoice_no": (digits(9), None),
            "country_of_manufacture_code": (pick("CN", "DE", "US"), "none|country"),
            "email_template": (pick("welcome", "reset"), None),
            "color": (fake("color_name"), None),
            "category_name": (pick("Home", "Garden"), None),
            "image_url": (fake("image_url"), "none|url|photo"),
            "rating": (decimal(1, 5, 1), None),
            "supplier_name": (COMPANY, None),
            "warehouse_city": (CITY, "none|city"),
        },
    ),
    "orders": (
        "en_US",
        {
            "order_id": (digits(10), None),
            "order_uuid": (UUID, "none|uuid"),
            "customer_email": (EMAIL, "email"),
            "ship_to_name": (NAME, "name"),
            "ship_to_addr1": (STREET, "address"),
            "ship_to_city": (CITY, "city"),
            "ship_to_state": (fake("state_abbr"), "state"),
            "ship_to_zip": (ZIP, "us_zip|postal_code"),
            "bill_phone": (PHONE, "phone|us_phone"),
            "order_state": (pick("open", "paid", "shipped"), None),
            "order_total": (decimal(5, 900), None),
            "coupon_code": (shape("SAVE##"), None),
            "email_sent": (pick("Y", "N"), None),
            "phone_verified": (pick("true", "false"), None),
            "item_count": (between(1, 9), None),
            "card_type": (pick("VISA", "AMEX"), None),
            "card_last4": (digits(4), "none|credit_card"),
            "ip": (fake("ipv4"), "ipv4|ip_address"),
            "promised_on": (day(2024, 2025), None),
            "carrier": (pick("UPS", "FedEx", "DHL"), None),
        },
    ),
    "payroll": (
        "en_US",
        {
            "EMPLID": (digits(6), "employee_id"),
            "EMP_FULL_NM": (NAME, "name"),
            "EMP_SSN": (fake("ssn"), "ssn"),
            "HIRE_DT": (day(1995, 2025), "date|none"),
            "JOB_TITLE_DESC": (fake("job"), "job_title"),
            "ANNUAL_SAL_AMT": (decimal(30000, 200000), "salary"),
            "ROUTING_NBR": (fake("aba"), "us_routing_number"),
            "BANK_ACCT_NBR": (digits(10), "account_number"),
            "HOME_ADDR_LN1": (STREET, "address"),
            "WORK_EMAIL": (EMAIL, "email"),
            "DEPT_CD": (pick("HR", "IT", "FIN"), "none|employment_info"),
            "COST_CTR": (digits(5), None),
            "FTE_PCT": (pick("1.0", "0.5"), None),
            "VETERAN_FLG": (pick("Y", "N"), None),
            "DISABILITY_FLG": (pick("Y", "N"), "disability"),
            "MARITAL_STAT": (pick("S", "M", "D"), "marital_status"),
            "UNION_MBR_IND": (pick("Y", "N"), "trade_union|none"),
            "PAY_FREQ": (pick("W", "B", "M"), None),
        },
    ),
}  # fmt: skip


def columns_of(schema: str, seed: int = 7) -> dict[str, list[object]]:
    """The columns of a table with a twentieth of nulls."""
    locale, makers = SCHEMAS[schema]
    faker = Faker(locale)
    faker.seed_instance(seed)
    source = Source(faker, random.Random(seed))
    return {
        name: [None if source.draw.random() < 0.05 else make(source) for _ in range(ROWS)]
        for name, (make, _) in makers.items()
    }

"""What names of columns say, in many styles and languages; no value is seen here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonspark.config.pii_knowledge import load_knowledge
from anonspark.pii.names import read_name
from anonspark.vocabulary import DetectionMethod

ENGLISH = {
    # snake, camel, kebab, blanks, capitals, glued, numbered, abbreviated, with prefixes of systems
    "email": "email", "customer_email_x": "email", "emp_email_addr": "email", "EmailAddress": "email",
    "E-Mail": "email",
    "src_email": "email", "contactEmail2": "email", "EMAIL_ADDR": "email", "useremail": "email", "email_id": "email",
    "fname": "first_name", "FIRST_NM": "first_name", "given-name": "first_name", "patientFirstName": "first_name",
    "lname": "last_name", "cust_last_name": "last_name", "SURNAME": "last_name", "family name": "last_name",
    "mother_maiden_name": "maiden_name", "mothersMaidenName": "maiden_name", "middle_initial": "middle_name",
    "full_name": "name", "customer_name": "name", "patientName": "name", "emp_nm": "name", "person_name": "name",
    "dob": "date_of_birth", "birth_dt": "date_of_birth", "DateOfBirth": "date_of_birth", "PT_DOB": "date_of_birth",
    "dateofbirth": "date_of_birth", "brth_dt": "date_of_birth", "year_of_birth": "date_of_birth",
    "ssn": "ssn", "SSN_NBR": "ssn", "soc_sec_no": "ssn", "cust_ssn": "ssn", "social security number": "ssn",
    "home phone 2": "phone", "mob_no": "phone", "TEL_NBR": "phone", "cellPhone": "phone", "work_tel": "phone",
    "phoneNumber": "phone", "primary_phone_number": "phone", "emergency_contact_phone": "phone", "msisdn": "phone",
    "fax_no": "fax", "faxNumber": "fax",
    "billing_zip": "us_zip", "ZIP_CD": "us_zip", "zip5": "us_zip", "mailing_zip_code": "us_zip",
    "postal_code": "postal_code", "shipPostalCode": "postal_code",
    "addr_line_1": "address", "street_address": "address", "homeAddress": "address", "ship_to_address": "address",
    "address2": "address", "STRT_NM": "address", "house_no": "address",
    "city": "city", "home_city": "city", "birth_city": "city", "CityName": "city",
    "state_cd": "state", "billing_state": "state", "province": "state", "country_code": "country", "ctry_cd": "country",
    "card_exp_dt": "expiration_date", "cc_num": "credit_card", "cardNumber": "credit_card",
    "CREDIT_CARD_NO": "credit_card",
    "cvv2": "cvv", "card_cvc": "cvv", "cardholder": "cardholder_name", "name_on_card": "cardholder_name",
    "acct_no": "account_number", "bankAccountNumber": "account_number", "routing_no": "us_routing_number",
    "iban": "iban", "beneficiary_iban": "iban", "swift_code": "swift_bic", "aba_routing": "us_routing_number",
    "annual_salary": "salary", "base_pay": "salary", "household_income": "income", "fico_score": "credit_score",
    "mrn": "medical_record_number", "PAT_ID": "medical_record_number", "npi": "npi", "provider_npi": "npi",
    "dx_cd": "diagnosis", "icd10_code": "diagnosis", "primary_diagnosis": "diagnosis", "drug_name": "medication",
    "blood_group": "blood_type", "mbi": "us_mbi", "member_id": "health_plan_id", "admit_dt": "date",
    "client_ip": "ip_address", "IPAddress": "ip_address", "src_ip_addr": "ip_address", "ipv6_address": "ipv6",
    "mac_addr": "mac_address", "deviceId": "device_id", "imei": "imei", "idfa": "advertising_id",
    "user_agent": "user_agent", "userName": "username", "login_id": "username", "pwd": "password",
    "password_hash": "password", "api_key": "credential", "access_token": "credential",
    "gender": "gender", "sex_cd": "gender", "marital_status": "marital_status", "ethnicity": "race_ethnicity",
    "religion": "religious", "party_affiliation": "political", "sexual_orientation": "sexual_orientation",
    "union_membership": "trade_union", "nationality": "nationality", "job_title": "job_title",
    "emp_title": "job_title", "occupation": "job_title", "passport_no": "passport", "dl_number": "drivers_license",
    "license_plate": "license_plate", "vin": "vin", "empno": "employee_id", "employee_id": "employee_id",
    "student_number": "student_id", "lat": "latitude", "gps_lng": "longitude", "twitter_handle": "social_handle",
    "profile_photo_url": "photo", "fingerprint_hash": "biometric", "nhs_number": "uk_nhs_number",
    "vat_number": "eu_vat", "tax_id": "tax_id", "national_id": "national_id", "aadhaar_no": "in_aadhaar",
    "custhomephone": "phone", "contactemail": "email", "patdob": "date_of_birth",
}  # fmt: skip

OTHERS = {
    # German
    "vorname": "first_name", "Nachname": "last_name", "GEB_DATUM": "date_of_birth", "Geburtsdatum": "date_of_birth",
    "plz": "postal_code", "Strasse": "address", "straße_hausnummer": "address", "Wohnort": "city",
    "kd_nr": "customer_id",
    "telefonnummer": "phone", "Handynummer": "phone", "E-Mail-Adresse": "email", "Kontonummer": "account_number",
    "steuer_id": "de_steuer_id", "Geschlecht": "gender", "Familienstand": "marital_status", "Beruf": "job_title",
    "Staatsangehörigkeit": "nationality", "staatsangehoerigkeit": "nationality",
    "Krankenversichertennummer": "health_plan_id",
    "Personalnummer": "employee_id", "Gehalt": "salary", "Konfession": "religious", "KundenName": "name",
    "rechnungsadresse": "address", "privattelefon": "phone", "Kfz-Kennzeichen": "license_plate",
    # French
    "prénom": "first_name", "prenom": "first_name", "nom_de_famille": "last_name", "date_naissance": "date_of_birth",
    "dateNaissance": "date_of_birth", "code_postal": "postal_code", "ville": "city", "numéro_téléphone": "phone",
    "tel_portable": "phone", "courriel": "email", "adresse": "address", "num_secu": "fr_nir", "sexe": "gender",
    "situation_familiale": "marital_status", "salaire_brut": "salary", "mot_de_passe": "password",
    # Spanish
    "apellidos": "last_name", "fecha_nacimiento": "date_of_birth", "correo_electronico": "email", "celular": "phone",
    "dirección": "address", "codigo_postal": "postal_code", "dni": "national_id", "sexo": "gender", "ciudad": "city",
    "estado_civil": "marital_status", "contraseña": "password", "nombre_completo": "name", "sueldo": "salary",
    # Portuguese
    "sobrenome": "last_name", "data_nascimento": "date_of_birth", "cpf": "br_cpf", "cep": "postal_code",
    "endereço": "address", "telemóvel": "phone", "raca_cor": "race_ethnicity", "nome_mae": "name", "senha": "password",
    # Italian
    "cognome": "last_name", "data_di_nascita": "date_of_birth", "codice_fiscale": "it_codice_fiscale",
    "cap": "postal_code",
    "indirizzo": "address", "cellulare": "phone", "città": "city", "stipendio": "salary", "targa": "license_plate",
    # Dutch
    "voornaam": "first_name", "achternaam": "last_name", "geboortedatum": "date_of_birth", "postcode": "postal_code",
    "woonplaats": "city", "huisnummer": "address", "telefoonnummer": "phone", "bsn": "nl_bsn", "geslacht": "gender",
    "rekeningnummer": "account_number", "klantnaam": "name", "emailadres": "email",
    # Japanese, in characters and in Latin letters
    "氏名": "name", "姓": "last_name", "生年月日": "date_of_birth", "電話番号": "phone", "メールアドレス": "email",
    "郵便番号": "postal_code", "住所": "address", "性別": "gender", "都道府県": "state", "ﾒｰﾙｱﾄﾞﾚｽ": "email",
    "顧客電話番号": "phone", "患者氏名": "name", "seinengappi": "date_of_birth", "denwa_bangou": "phone",
    "yubin_bango": "postal_code", "shimei": "name", "juusho": "address", "血液型": "blood_type",
    "口座番号": "account_number",
}  # fmt: skip

NOTHING = [
    "order_id", "product_name", "company_name", "file_name", "created_at", "updated_date", "status", "amount",
    "email_sent", "phone_verified", "zip_file", "race_time", "state_machine", "order_state_id", "version", "sha256",
    "sku", "isbn", "ean13", "event_ts", "ip_count", "email_count", "title_id", "price_plan", "union_type",
    "mac_os_version",
    "hostname", "filename", "table_name", "email_opt_in", "phone_type", "address_type", "has_email", "is_phone_valid",
    "password_length", "password_last_changed", "name_length", "city_population", "country_gdp", "page_title",
    "storage_class", "package_name", "message", "language", "percentage", "dosage_form_count", "template_name",
    "invoice_no", "order_date", "device_type", "login_count", "campaign_name", "card_type", "account_type", "plan_type",
    "product_weight", "image_width", "image_url", "x_email_count", "phone_model", "email_domain", "rating", "quantity",
    "dateiname", "produktname", "rechnungsnummer", "bestelldatum", "nom_fichier", "date_commande", "nombre_producto",
    "fecha_pedido", "nome_arquivo", "data_ordine", "bestandsnaam", "会社名", "商品名", "登録日時", "商品コード",
    "last_login", "last_updated", "next_state", "firmware_version", "tracking_number", "room_number",
    "telephone_country_code",
]  # fmt: skip


@pytest.fixture(scope="module")
def read():
    knowledge = load_knowledge()
    return lambda name: read_name(f"`{name}`" if "." in name else name, knowledge.names, knowledge.confidence)


def surest(reading):
    return max(reading.evidence.values(), key=lambda found: found.score, default=None)


@pytest.mark.parametrize(("name", "expected"), [*ENGLISH.items(), *OTHERS.items()])
def test_a_name_says_its_type(read, name, expected):
    evidence = read(name).evidence
    assert expected in evidence
    best = max(found.score for found in evidence.values())
    assert evidence[expected].score == best
    assert best >= 0.8


@pytest.mark.parametrize("name", NOTHING)
def test_a_name_of_something_else_says_no_type_for_sure(read, name):
    best = surest(read(name))
    # Whether something holds is told too, and refused where the type is nothing that a flag could hold.
    assert best is None or best.score < 0.8 or best.whether


@pytest.mark.parametrize(
    ("name", "method", "score"),
    [
        ("email", DetectionMethod.EXACT_NAME, 0.95),
        ("email_2", DetectionMethod.EXACT_NAME, 0.95),
        ("customer_email", DetectionMethod.KEYWORD_NAME, 0.85),
        ("billing_zip", DetectionMethod.KEYWORD_NAME, 0.85),
        ("email_xyz", DetectionMethod.AFFIX_NAME, 0.80),
        ("qqtelephone", DetectionMethod.AFFIX_NAME, 0.80),
    ],
)
def test_the_whole_name_tells_most_then_a_word_in_it_then_its_begin_or_end(read, name, method, score):
    best = surest(read(name))
    assert (best.method, best.score) == (method, score)


@pytest.mark.parametrize("name", ["state", "title", "plan", "mac", "union", "pin", "name", "date", "license", "cc"])
def test_a_word_with_other_meanings_stays_below_the_threshold_by_itself(read, name):
    assert surest(read(name)).score < 0.8


@pytest.mark.parametrize(
    "name", ["phonetic", "genderless", "storage", "package", "usage", "estate", "cityscape", "passage"]
)
def test_a_word_that_only_holds_the_letters_of_a_phrase_says_nothing(read, name):
    assert surest(read(name)) is None


def test_the_struct_around_a_field_tells_of_whom_it_speaks():
    knowledge = load_knowledge()

    def best(path):
        return surest(read_name(path, knowledge.names, knowledge.confidence))

    assert best("customer.name").score == 0.85
    assert best("product.name") is None
    assert best("orders[].shipping.zip").pii_type in {"us_zip", "postal_code"}
    assert best("payload.$.user.mail").pii_type == "email"
    assert best("birth.date").pii_type == "date_of_birth"
    assert best("card.number").pii_type == "credit_card"
    assert best("phone.number").pii_type == "phone"
    assert best("company.address").score < 0.8


def test_the_later_of_two_phrases_is_what_the_name_is_about():
    knowledge = load_knowledge()
    evidence = read_name("cardholder_email", knowledge.names, knowledge.confidence).evidence
    assert evidence["email"].score >= 0.8 > evidence["cardholder_name"].score


@given(st.text(alphabet=st.characters(exclude_characters="`", exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_name_can_be_read(name):
    knowledge = load_knowledge()
    reading = read_name(f"`{name}`", knowledge.names, knowledge.confidence)
    assert all(0 < found.score <= 0.95 for found in reading.evidence.values())

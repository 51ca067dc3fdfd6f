"""Words beside a value that tell what it is: English, German, French, Spanish, Portuguese, Italian, Dutch, Japanese."""

from typing import Final

CONTEXT: Final[dict[str, str]] = {
    "ssn": "ssn|ss#|social security|social insurance|socialsecurity|sozialversicherungsnummer|seguro social|social",
    "itin": "itin|individual taxpayer|taxpayer id",
    "ein": "ein|fein|employer identification|tax id",
    "sin": "sin|social insurance|assurance sociale|nas",
    "card": (
        "card|credit|debit|visa|mastercard|amex|american express|discover|pan|cc|ccn|karte|kreditkarte|carte|tarjeta|"
        "cartão|cartao|carta|creditcard|kaart|カード|クレジットカード"
    ),
    "cvv": (
        "cvv|cvv2|cvc|cvc2|cid|csc|security code|prüfnummer|kartenprüfnummer|cryptogramme|código de seguridad|"
        "codice di sicurezza|beveiligingscode"
    ),
    "phone": (
        "phone|phones|telephone|tel|call|mobile|cell|cellphone|fax|whatsapp|sms|text me|dial|reach|contact|number|"
        "message|messages|answering|ring|telefon|telefonnummer|handy|mobil|rufen|erreichbar|rufnummer|anrufen|téléphone|portable|"
        "appeler|appelez|joindre|teléfono|telefono|móvil|movil|llamar|llame|celular|telefone|telemóvel|ligar|"
        "cellulare|chiamare|telefoon|mobiel|gsm|bel|電話|携帯|電話番号"
    ),
    "birth": (
        "born|birth|birthday|birthdate|dob|d.o.b.|geboren|geburtsdatum|geb|né|née|naissance|nacido|nacida|nacimiento|"
        "nascido|nascida|nascimento|nato|nata|nascita|geboortedatum|生年月日|誕生日"
    ),
    "zip": (
        "zip|zipcode|postal|postcode|zip code|plz|postleitzahl|code postal|código postal|codigo postal|cep|郵便番号"
    ),
    "bank": (
        "account|acct|a/c|bank account|checking|savings|konto|kontonummer|compte|cuenta|conta|conto|rekening|口座|"
        "口座番号"
    ),
    "routing": "routing|aba|rtn|routing number|transit",
    "swift": "swift|bic|swift code",
    "passport": "passport|reisepass|pass|passnummer|passeport|pasaporte|passaporte|passaporto|paspoort|パスポート|旅券",
    "licence": (
        "driver|drivers|driver's|driving|licence|license|dl|führerschein|permis|licencia|carnet de conducir|"
        "habilitação|cnh|patente|rijbewijs|運転免許"
    ),
    "npi": "npi|national provider|provider id",
    "nhs": "nhs|national health",
    "nino": "nino|national insurance|ni number",
    "mrn": "mrn|medical record|patient id|patient number|patientennummer|ipp|historia clínica|prontuário|患者番号",
    "plan": (
        "member id|member|subscriber|policy|insurance id|plan id|beneficiary|mbi|medicare|versichertennummer|mutuelle"
    ),
    "imei": "imei|device|handset|phone",
    "bsn": "bsn|burgerservicenummer|sofinummer",
    "steuer": "steuer|steuer-id|steuerid|idnr|steueridentifikationsnummer|steuernummer|tin|tax",
    "pesel": "pesel",
    "tfn": "tfn|tax file",
    "za": "id number|identity number|id no|rsa id|sa id|id",
    "nir": "nir|sécurité sociale|securite sociale|insee|sécu",
    "cpf": "cpf|contribuinte",
    "aadhaar": "aadhaar|aadhar|uidai|uid",
    "nif": "nif|dni|nie|identidad",
    "personnummer": "personnummer|personal identity",
    "vin": "vin|vehicle|chassis|fahrgestellnummer|châssis|bastidor|chassi|telaio",
    "plate": (
        "plate|license plate|licence plate|registration|kennzeichen|immatriculation|matrícula|matricula|targa|"
        "kenteken|placa|ナンバープレート"
    ),
    "place": "latitude|longitude|lat|lon|lng|gps|location|coordinates|position|koordinaten|coordonnées|coordenadas",
    "handle": "twitter|instagram|insta|tiktok|handle|telegram|follow|snapchat|username|facebook|mastodon|threads|x.com",
    "ip": "ip|ip address|host|client|server|address|addr|remote",
    "vat": "vat|vat id|ust-id|ustid|ust-idnr|umsatzsteuer|tva|iva|btw|partita iva|nif-iva",
    "imsi": "imsi",
    "version": "version|ver|v|release|build|firmware|section|chapter|v.",
}
"""By concern, parted by |; whole words, in any case."""

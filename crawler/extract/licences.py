"""What a shop says of its own permission to sell medicines: licence numbers, registers, authorities."""

import re
from collections.abc import Iterator
from typing import Final

from crawler.extract.document import one_line

MAX_CLAIM: Final = 240
MAX_CLAIMS: Final = 20
MIN_CLAIM: Final = 9

_PERMISSION: Final = re.compile(
    r"(?<!\w)(?:(?:un)?licen[cs](?:e|es|ed|ing)|registered|registration|accredited|accreditation|authori[sz]ed|"
    r"authori[sz]ation|permit|approved|certified|"
    r"lizenz\w*|zulassung|zugelassen\w*|erlaubnis|betriebserlaubnis|versandhandelserlaubnis|registriert\w*|"
    r"agrément|agréée?|autorisation|autorisée?|autorización|autorizad[oa]|autorização|autorizzazione|autorizzat[oa]|"
    r"licencia\w*|licença|licenciad[oa]|licenza|registro|registrad[oa]|registrazione|vergunning|erkend|"
    r"zezwoleni\w*|koncesj\w*|licencj\w*|povolení|engedély\w*|autorizați\w*|tillstånd|tillatelse|tilladelse|"
    r"лицензи\w+|ліцензі\w+|ruhsat\w*|izin|lisensi|giấy phép|ใบอนุญาต)(?!\w)|"
    r"رخصة|ترخيص|مرخص|مجوز|לייסנס|רישיון|许可证|許可證|許可|资格证|資格證|執照|执照|허가|등록|लाइसेंस|লাইসেন্স",
    re.IGNORECASE,
)
_PHARMACY: Final = re.compile(
    r"pharmac(?:y|ies|ist)|drug\s?store|chemist|apothek|versandhandel|pharmacie|farmac|farmác|droguer|"
    r"drogaria|apteka|aptek|lékárn|lekáre|gyógyszertár|аптек|eczane|apotek|apotheek|φαρμακε|nhà thuốc|ร้านขายยา|"
    r"صيدلي|داروخانه|בית מרקחת|药店|药房|藥局|藥房|薬局|약국|फार्मेसी|ফার্মেসি",
    re.IGNORECASE,
)
_AUTHORITY: Final = re.compile(
    r"(?<!\w)(?:GPhC|MHRA|NABP|CIPA|LegitScript|PharmacyChecker|BfArM|DIMDI|ANSM|AEMPS|AIFA|Anvisa|COFEPRIS|BPOM|"
    r"NAFDAC|PCN|TITCK|Swissmedic|PMDA|NMPA|CFDA|TGA|Health Canada|HPRA|AGES|BASG|FAMHP|AFMPS|FAGG|INFARMED|"
    r"ordre (?:national )?des pharmaciens|agence régionale de santé|ministry of health|ministerio de (?:salud|sanidad)|"
    r"ministère de la santé|ministero della salute|"
    r"\w*apothekenaufsicht|apothekerkammer|regierungspräsidium|board of pharmacy|pharmac(?:y|eutical) council|"
    r"pharmaceutical regulator|versandhandelsregister|минздрав\w*|росздравнадзор\w*|sağlık bakanlığı|wojewódzki\w*)"
    r"(?!\w)|وزارة الصحة|هيئة الدواء|卫生部|药监局|食药监",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?:(?<!\w)(?:no|nr|n|num|number|numero|número|numéro|nummer|nomor|reg|id)\b\.?|[№#:°º]|رقم|编号|編號|号|號|번호)"
    r"\s*[:.]?\s*[A-Z]{0,6}[-/ ]?\d[\d./-]{2,}|(?<!\w)[A-Z]{1,6}[-/]?\d{4,}|\d{5,}",
    re.IGNORECASE,
)
_OF_OTHERS: Final = re.compile(
    r"(?<!\w)(?:on request|upon request|send (?:us )?your|your licen[cs]e|lost|need a|required to have|"
    r"auf anfrage|ihre lizenz)(?!\w)|\?\s*$",
    re.IGNORECASE,
)


def licence_claims(text: str) -> Iterator[str]:
    """Yield the lines in which a shop claims a permission of its own, as written, each once.

    A line counts when it speaks of a permission (licence, registration, approval) and also names a number, an authority
    or a pharmacy that has it. What the shop asks of others ("send your licence") and questions are no claims.

    Args:
        text: of a page, or a part of one, that speaks for the shop (see :mod:`crawler.extract.own_words`).
    """
    seen: set[str] = set()
    for line in text.split("\n"):
        permission = _PERMISSION.search(line)
        if permission is None or len(line) < MIN_CLAIM or _OF_OTHERS.search(line):
            continue
        if not (_AUTHORITY.search(line) or _PHARMACY.search(line) or _NUMBER.search(line)):
            continue
        start = 0 if len(line) <= MAX_CLAIM else max(0, permission.start() - MAX_CLAIM // 3)
        claim = one_line(line[start : start + MAX_CLAIM])
        if claim not in seen:
            seen.add(claim)
            yield claim
        if len(seen) >= MAX_CLAIMS:
            return

"""Ways to reach a seller: from running text, from links, and from the alternative text of images.

Handles need the name of their network beside them or a link to it; a number needs a plus sign, a link, or a word that
says it is a telephone. Wallets need a right checksum.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import phonenumbers

from casefile.records import Contact
from crawler.extract.numerals import plain_digits
from crawler.extract.wallets import find_wallets

MAX_TEXT: Final = 100_000
MAX_CONTACTS: Final = 100

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9_.+-])(?P<user>[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,63})"
    r"(?:@|\s?[\[({<]\s?(?:at|arroba|собака|@|æt)\s?[\])}>]\s?|\s+(?:at|arroba|собака)\s+|\s@\s)"
    r"(?P<host>[\w-]{1,63}(?:(?:\.|\s?[\[({<]\s?(?:dot|punkt|punto|ponto|точка|\.)\s?[\])}>]\s?|\s+(?:dot|punto|"
    r"ponto|точка)\s+)[\w-]{1,63}){1,4})"
    r"(?![\w@])",
    re.IGNORECASE,
)
_DOT = re.compile(r"\s?[\[({<]?\s?(?:\bdot\b|\bpunkt\b|\bpunto\b|\bponto\b|\bточка\b|\.)\s?[\])}>]?\s?", re.IGNORECASE)
_TOP_LEVEL = re.compile(r"[a-z]{2,24}|xn--[a-z0-9-]{2,59}", re.IGNORECASE)
_FILE_ENDING: Final = frozenset({"png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "html", "php"})

_BETWEEN = (
    r"\s*(?:(?:id|me|us|no|nr|number|numero|número|handle|user(?:name)?|contact|channel|chat|app|at|on|номер|号|號|is|@)"
    r"\b\.?\s*){0,3}[:：=#>/-]{0,3}\s*"
)
_NETWORKS: Final = {
    "whatsapp": r"whats?\s?app?|watsapp|wha?tsap|ват[сц]ап|вот?[сц]ап|واتس\s?اب|واتساب|व्हाट्सएप|왓츠앱",
    "telegram": r"tele\s?gra+m|t3legram|телегра[мм]+|телега|تليجرام|تلغرام|تيليجرام|电报|電報|टेलीग्राम|"
    "텔레그램|テレグラム",
    "signal": r"signal",
    "wickr": r"wickr(?:\s?me)?|w1ckr",
    "session": r"session(?:\s?id)?",
    "threema": r"threema(?:\s?id)?",
    "kik": r"kik",
    "wechat": r"we\s?chat|weixin|微信|vx|薇信",
    "line": r"line\s?(?:id|@)|ライン",
    "viber": r"viber|вайбер",
    "skype": r"skype|скайп",
    "icq": r"icq",
    "qq": r"qq",
    "jabber": r"jabber|xmpp",
    "discord": r"discord",
    "snapchat": r"snap\s?chat",
    "instagram": r"instagram|insta",
    "facebook": r"facebook",
}
_HANDLES: Final = {
    kind: re.compile(rf"(?<![A-Za-z0-9])(?:{words}){_BETWEEN}@?(?P<handle>[A-Za-z0-9][\w.:-]{{2,70}}\w)", re.IGNORECASE)
    for kind, words in _NETWORKS.items()
    if kind not in ("whatsapp", "viber")
}
_STEMS: Final = {
    "telegram": ("tele", "t3le", "телег", "تليج", "تلغر", "تيلي", "电报", "電報", "टेली", "텔레", "テレ"),
    "wickr": ("ckr",),
    "wechat": ("chat", "weixin", "微信", "vx", "薇信"),
    "line": ("line", "ライン"),
    "skype": ("skype", "скайп"),
    "jabber": ("jabber", "xmpp"),
    "snapchat": ("snap",),
    "instagram": ("insta",),
}
"""What each of a network's names begins with or holds (case folded); others are their own stem. A plain search costs
next to nothing, the patterns below a millisecond each."""
_TELEPHONE_WORD: Final = re.compile(
    rf"(?:(?P<whatsapp>{_NETWORKS['whatsapp']})|(?P<viber>{_NETWORKS['viber']})|(?P<signal>(?<!\w)signal)|"
    rf"(?P<telegram>{_NETWORKS['telegram']})|"
    r"(?<!\w)(?:tel|telephone|phone|call|sms|text|mobile|mob|cell|hotline|telefon|fon|handy|mobil|téléphone|tél|"
    r"teléfono|telefone|telefono|cellulare|celular|тел|телефон|звон\w+|hp|telp|gsm|هاتف|جوال|موبايل|اتصل|电话|"
    r"電話|手机|手機|전화|휴대폰|फोन|मोबाइल)(?!\w))"
    r"[^\d+\n]{0,25}$",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?<![\w.+/-])(?:\+|00)?\(?\d[\d \t().\u00a0\u2009\u202f/-]{5,22}\d(?![\w]|\.\d)")
_NOT_A_HANDLE: Final = frozenset(
    "me us now for the and our only here channel group contact chat app id is on at via or with number messenger"
    " support".split()
)
_BARE_LINK: Final = re.compile(
    r"(?<![\w/.@])(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|wa\.me|api\.whatsapp\.com|signal\.me|m\.me|"
    r"discord\.gg|kik\.me|line\.me)/"
    r"[^\s<>\"')\]]{2,100}",
    re.IGNORECASE,
)
_SESSION_ID: Final = re.compile(r"(?<![0-9a-fA-F])05[0-9a-f]{64}(?![0-9a-fA-F])")
_IBAN: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?(?![A-Z0-9])")


def find_contacts(text: str, country: str | None = None) -> list[Contact]:
    """Return the contacts of a text, each once, in the order of their kinds.

    ``country`` (ISO 3166-1 alpha-2) gives national numbers beside a telephone word their prefix.
    """
    text = text[:MAX_TEXT]
    plain = plain_digits(text)
    found = list(_emails(text)) + list(_phones(text, plain, country))
    found += [contact for match in _BARE_LINK.finditer(text) if (contact := link_contact(_as_link(match[0])))]
    found += _handles(text)
    found += [Contact(kind="session", raw=match[0], value=match[0]) for match in _SESSION_ID.finditer(text)]
    found += [Contact(kind="wallet", raw=address, value=address) for address, _ in find_wallets(text)]
    ibans = ((match[0], _iban(match[0])) for match in _IBAN.finditer(text))
    found += [Contact(kind="iban", raw=written, value=iban) for written, iban in ibans if iban]
    return each_once(found)


def _as_link(written: str) -> str:
    written = written.rstrip(".,;:!?")
    return written if "://" in written else f"https://{written}"


def each_once(contacts: Iterable[Contact]) -> list[Contact]:
    """Return the contacts without repetition; a number known as WhatsApp is not listed again as a plain telephone."""
    kept: dict[tuple[str, str], Contact] = {}
    for contact in contacts:
        kept.setdefault((contact.kind, contact.value or contact.raw), contact)
    messaging = {key[1] for key in kept if key[0] in ("whatsapp", "signal", "viber", "telegram")}
    return [contact for key, contact in kept.items() if key[0] != "phone" or key[1] not in messaging][:MAX_CONTACTS]


def _emails(text: str) -> Iterator[Contact]:
    if "@" not in text and not re.search(r"\b(?:at|arroba|собака)\b", text, re.IGNORECASE):
        return
    for match in _EMAIL.finditer(text):
        host = _DOT.sub(".", match["host"]).strip(".").lower()
        ending = host.rpartition(".")[2]
        plainly = "@" in match[0]
        if not _TOP_LEVEL.fullmatch(ending) or ending in _FILE_ENDING:
            continue
        # "available at home dot com" reads like an address; without brackets both words must be spelt out.
        if not plainly and not re.search(r"[\[({<]|\b(?:dot|punto|ponto|точка)\b", match[0], re.IGNORECASE):
            continue
        yield Contact(kind="email", raw=match[0], value=f"{match['user'].lower()}@{host}")


def _phones(text: str, plain: str, country: str | None) -> Iterator[Contact]:
    for match in _NUMBER.finditer(plain):
        written = match[0].strip()
        word = _TELEPHONE_WORD.search(plain, max(0, match.start() - 60), match.start())
        international = written.startswith(("+", "00"))
        if not word and not written.startswith("+"):
            continue
        value = e164(written, None if written.startswith("+") else country)
        if value is None and not (word and international):
            continue
        kind = next((name for name, said in word.groupdict().items() if said), "phone") if word else "phone"
        yield Contact(kind=kind, raw=text[match.start() : match.end()].strip(), value=value)


def e164(written: str, country: str | None = None) -> str | None:
    """Return a telephone number in E.164, None when it cannot be one.

    Any number of a possible length counts: sellers use numbers that no numbering plan knows yet.
    """
    digits = plain_digits(written)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    try:
        number = phonenumbers.parse(digits, None if digits.startswith("+") else country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _handles(text: str) -> Iterator[Contact]:
    folded = text.casefold()
    for kind, pattern in _HANDLES.items():
        if not any(stem in folded for stem in _STEMS.get(kind, (kind,))):
            continue
        for match in pattern.finditer(text):
            handle = match["handle"].rstrip(".:-")
            at_sign = text[match.start("handle") - 1] == "@"
            if handle.casefold() in _NOT_A_HANDLE or not _could_be_handle(handle, match[0], at_sign=at_sign):
                continue
            yield Contact(kind=kind, raw=match[0].strip()[:120], value=handle)


def _could_be_handle(handle: str, written: str, *, at_sign: bool) -> bool:
    """Whether the word behind a network's name is a handle and not the next word of the sentence."""
    if at_sign:
        return True
    if handle.isdigit():
        return len(handle) >= 5
    if "." in handle and re.search(r"\.(?:com|org|net|me)$", handle):
        return False
    told = re.search(r"[:：=#>]\s*$", written[: len(written) - len(handle)].rstrip("@"))
    return bool(told) or bool(re.search(r"[\d_]", handle))


_LINK_KINDS: Final = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "telegram.dog": "telegram",
    "signal.me": "signal",
    "m.me": "facebook",
    "facebook.com": "facebook",
    "instagram.com": "instagram",
    "vk.com": "vk",
    "discord.gg": "discord",
    "kik.me": "kik",
    "line.me": "line",
    "snapchat.com": "snapchat",
    "threema.id": "threema",
    "twitter.com": "x",
    "x.com": "x",
}
_CONTACT_HOST: Final = re.compile("|".join(map(re.escape, [*_LINK_KINDS, "whatsapp.com", "wa.me"])), re.IGNORECASE)
_NOT_A_PROFILE: Final = frozenset(
    {"share", "sharer", "sharer.php", "intent", "joinchat", "home", "p", "dialog", "plugins", "tr"}
)


def link_contact(href: str) -> Contact | None:
    """Return the contact that a link opens (``mailto:``, ``tel:``, ``https://t.me/...``), None for other links."""
    href = href.strip()
    scheme, _, rest = href.partition(":")
    scheme = scheme.lower()
    if scheme == "mailto":
        address = unquote(rest.partition("?")[0]).strip().lower()
        return Contact(kind="email", raw=href[:200], value=address) if _EMAIL.fullmatch(address) else None
    if scheme in ("tel", "sms", "callto"):
        return Contact(kind="phone", raw=unquote(rest)[:60], value=e164(unquote(rest)))
    if scheme in ("whatsapp", "tg", "viber", "sgnl", "skype"):
        return _app_link(scheme, href)
    return _web_contact(href) if scheme in ("http", "https") else None


def _app_link(scheme: str, href: str) -> Contact | None:
    query = parse_qs(href.partition("?")[2])
    if scheme == "tg":
        handle = (query.get("domain") or query.get("phone") or [""])[0]
        return Contact(kind="telegram", raw=href[:200], value=handle) if handle else None
    kind = {"sgnl": "signal"}.get(scheme, scheme)
    if scheme == "skype":
        handle = href.partition(":")[2].partition("?")[0]
        return Contact(kind="skype", raw=href[:200], value=handle) if handle else None
    number = (query.get("phone") or query.get("number") or [""])[0]
    return Contact(kind=kind, raw=href[:200], value=e164("+" + number.lstrip("+ "))) if number else None


def _web_contact(href: str) -> Contact | None:
    if not _CONTACT_HOST.search(href):
        return None
    try:
        parts = urlsplit(href)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    first = unquote(parts.path.strip("/").partition("/")[0])
    if host in ("api.whatsapp.com", "web.whatsapp.com", "wa.me") or host.endswith(".wa.me"):
        number = (parse_qs(parts.query).get("phone") or [first])[0]
        digits = re.sub(r"\D", "", number)
        return Contact(kind="whatsapp", raw=href[:200], value=e164("+" + digits)) if len(digits) >= 6 else None
    kind = _LINK_KINDS.get(host)
    if kind == "signal":
        signal = e164(parts.fragment.rpartition("/")[2])
        return Contact(kind=kind, raw=href[:200], value=signal) if signal else None
    if kind is None or not first or first.lower() in _NOT_A_PROFILE:
        return None
    if kind == "telegram":
        second = parts.path.strip("/").split("/")
        handle = second[1] if first == "s" and len(second) > 1 else first
        return Contact(kind=kind, raw=href[:200], value=handle.lstrip("@"))
    return Contact(kind=kind, raw=href[:200], value=first.lstrip("@"))


def hidden_email(encoded: str) -> str | None:
    """Undo Cloudflare's e-mail hiding (``data-cfemail``: hexadecimal, each byte XORed with the first)."""
    try:
        data = bytes.fromhex(encoded)
        address = bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8").lower()
    except (ValueError, IndexError):
        return None
    return address if _EMAIL.fullmatch(address) else None


def _iban(written: str) -> str | None:
    iban = written.replace(" ", "")
    if not 15 <= len(iban) <= 34:
        return None
    rearranged = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return iban if int(rearranged) % 97 == 1 else None

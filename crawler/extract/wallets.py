"""Crypto-currency addresses whose checksum is right: Bitcoin, Litecoin, TRON, Ethereum and Monero.

Sources: Base58Check (Bitcoin developer reference), Bech32 and Bech32m (BIP 173, BIP 350), EIP-55 (mixed-case Ethereum
addresses), Keccak-256 (the padding before FIPS 202), Monero's block-wise Base58 (CryptoNote standard 7).
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Final

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE: Final = {character: value for value, character in enumerate(_BASE58)}
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CANDIDATE: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<base58>[13LM3T][1-9A-HJ-NP-Za-km-z]{25,34})"
    r"|(?P<bech32>(?:bc1|ltc1)[02-9ac-hj-np-z]{20,80}|(?:BC1|LTC1)[02-9AC-HJ-NP-Z]{20,80})"
    r"|(?P<ethereum>0x[0-9a-fA-F]{40})"
    r"|(?P<monero>[48][1-9A-HJ-NP-Za-km-z]{94}(?:[1-9A-HJ-NP-Za-km-z]{11})?)"
    r")(?![A-Za-z0-9])"
)
_VERSIONS: Final = {0x00: "BTC", 0x05: "BTC", 0x30: "LTC", 0x32: "LTC", 0x41: "TRX"}
"""First byte of a Base58Check address; 0x05 is shared by old Litecoin script addresses."""
_MONERO_VERSIONS: Final = frozenset({18, 19, 42})
"""Standard, integrated and sub-address of the main network."""


def find_wallets(text: str) -> Iterator[tuple[str, str]]:
    """Yield address and currency of every valid address in ``text``, each once."""
    seen: set[str] = set()
    for match in _CANDIDATE.finditer(text):
        address = match[0]
        if address in seen:
            continue
        seen.add(address)
        currency = wallet_currency(address)
        if currency:
            yield address, currency


def wallet_currency(address: str) -> str | None:
    """Return the currency an address belongs to, None when its checksum is wrong.

    An Ethereum address in one case carries no checksum and is taken by its form.
    """
    match = _CANDIDATE.fullmatch(address)
    if match is None:
        return None
    if match["base58"]:
        payload = _base58check(address)
        return _VERSIONS.get(payload[0]) if payload and len(payload) == 21 else None
    if match["bech32"]:
        return (
            {"bc": "BTC", "ltc": "LTC"}[address.lower().partition("1")[0]] if _bech32_valid(address.lower()) else None
        )
    if match["ethereum"]:
        return "ETH" if _eip55_valid(address[2:]) else None
    return "XMR" if _monero_valid(address) else None


def _base58_number(text: str) -> int:
    number = 0
    for character in text:
        number = number * 58 + _BASE58_VALUE[character]
    return number


def _base58check(address: str) -> bytes | None:
    zeros = len(address) - len(address.lstrip("1"))
    number = _base58_number(address)
    data = b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = data[:-4], data[-4:]
    digest = hashlib.sha256(hashlib.sha256(payload).digest()).digest()
    return payload if digest[:4] == checksum else None


def _bech32_valid(address: str) -> bool:
    prefix, _, data = address.rpartition("1")
    values = [_BECH32.find(character) for character in data]
    if -1 in values or len(values) < 14:
        return False
    check = 1
    for value in [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *values]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if (top >> bit) & 1 else 0
    # Version 0 addresses carry Bech32, later ones Bech32m.
    return check == (1 if values[0] == 0 else 0x2BC830A3)


def _eip55_valid(digits: str) -> bool:
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak256(digits.lower().encode()).hex()
    return all(not c.isalpha() or c.isupper() == (int(d, 16) >= 8) for c, d in zip(digits, digest, strict=False))


def _monero_valid(address: str) -> bool:
    data = bytearray()
    for start in range(0, len(address), 11):
        block = address[start : start + 11]
        size = {11: 8, 10: 7, 9: 6, 7: 5, 6: 4, 5: 3, 3: 2, 2: 1}.get(len(block))
        number = _base58_number(block)
        if size is None or number >= 1 << (8 * size):
            return False
        data += number.to_bytes(size, "big")
    return data[0] in _MONERO_VERSIONS and keccak256(bytes(data[:-4]))[:4] == bytes(data[-4:])


_ROTATIONS: Final = (
    (0, 36, 3, 41, 18), (1, 44, 10, 45, 2), (62, 6, 43, 15, 61), (28, 55, 25, 21, 56), (27, 20, 39, 8, 14),
)  # fmt: skip
_MASK: Final = (1 << 64) - 1


def _round_constants() -> Iterator[int]:
    register = 1
    for _ in range(24):
        constant = 0
        for bit in range(7):
            if register & 1:
                constant |= 1 << ((1 << bit) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        yield constant


_CONSTANTS: Final = tuple(_round_constants())


def _rotate(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & _MASK if by else word


def _permute(state: list[list[int]]) -> None:
    for constant in _CONSTANTS:
        parity = [column[0] ^ column[1] ^ column[2] ^ column[3] ^ column[4] for column in state]
        for x in range(5):
            mixed = parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1)
            for y in range(5):
                state[x][y] ^= mixed
        turned = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                turned[y][(2 * x + 3 * y) % 5] = _rotate(state[x][y], _ROTATIONS[x][y])
        for x in range(5):
            for y in range(5):
                state[x][y] = turned[x][y] ^ (~turned[(x + 1) % 5][y] & _MASK & turned[(x + 2) % 5][y])
        state[0][0] ^= constant


def keccak256(data: bytes) -> bytes:
    """Return Keccak-256 with its first padding, as Ethereum and Monero use it (not SHA3-256)."""
    rate = 136
    padded = bytearray(data) + b"\x01" + b"\x00" * (-(len(data) + 1) % rate)
    padded[-1] |= 0x80
    state = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for lane in range(rate // 8):
            word = int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
            state[lane % 5][lane // 5] ^= word
        _permute(state)
    return b"".join(state[lane % 5][lane // 5].to_bytes(8, "little") for lane in range(4))

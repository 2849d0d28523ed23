"""The receiver's check, as the project's own command runs it: ``verify_package`` and the schema on top."""

from pathlib import Path

from casefile.referral.errors import ReferralError
from casefile.referral.schema import check_schema
from casefile.referral.verify_package import REFERRAL, PackageFault, Verdict, WrongUse, check_package

__all__ = ["PackageFault", "Verdict", "WrongUse", "verify_referral"]


def verify_referral(package: Path, *, key: str | None = None) -> Verdict:
    """Check a package (zip or unpacked folder) and the referral in it against the schema.

    ``key`` is a PEM file or fingerprint. Raises ``PackageFault`` naming the first fault, ``WrongUse`` for a key that
    cannot be read, ``OSError`` for a package that cannot be opened.
    """
    verdict = check_package(package, key)
    try:
        check_schema(verdict.referral)
    except ReferralError as error:
        raise PackageFault(f"{REFERRAL}: signed and unchanged, but not a referral of this format: {error}") from None
    return verdict

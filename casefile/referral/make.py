"""Making a referral: from a confirmed case to a signed package in ``referrals/``, all or nothing."""

import errno
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from casefile import evidence
from casefile.cases import Case, mark_referred
from casefile.listings import record_text
from casefile.policy import Policy, PolicyError, load_policy
from casefile.records import utc_text
from casefile.referral.build import build_referral
from casefile.referral.errors import ReferralError
from casefile.referral.facts import CaseFacts
from casefile.referral.gather import gather, ready_case, referring_person
from casefile.referral.keys import SigningKey, ensure_key
from casefile.referral.outbox import (
    DRAFT_PACKAGE,
    deliver,
    draft_folder,
    file_name,
    outbox,
    publish,
    sync_folder,
)
from casefile.referral.package import Packed, package_files, write_package
from casefile.referral.request import CompleteRequest, ReferralRequest
from casefile.referral.schema import check_schema
from casefile.referral.verify_package import PackageFault, check_package
from casefile.store import Casefile, CasefileError, Transaction

__all__ = ["MadeReferral", "ReferralError", "ReferralRequest", "make_referral"]

ID_BYTES = 6


@dataclass(frozen=True)
class MadeReferral:
    """A referral that was made and where it is."""

    path: Path
    """The package: in ``referrals/`` of the workspace, or its copy in the folder that was asked for."""
    referral_id: str
    sha256: str
    """Of the package file."""
    key_fingerprint: str
    """What the recipient compares, see ``verify_package.spell_fingerprint``."""
    bytes: int
    listings: int
    evidence_files: int


def random_id() -> str:
    """Return 12 random hexadecimal digits."""
    return secrets.token_hex(ID_BYTES).upper()


def make_referral(
    casefile: Casefile,
    case_id: str,
    *,
    person_id: str,
    request: ReferralRequest,
    out: Path | None = None,
    new_id: Callable[[], str] = random_id,
) -> MadeReferral:
    """Turn a confirmed case into a signed package.

    The package lies in ``referrals/`` of the workspace; with ``out`` a copy is put into that folder. Raises
    ``ReferralError`` when the request, the case, the person or the evidence does not allow it, or the disk is full;
    then no referral was made, unless the message says that only the copy to ``out`` failed.
    """
    try:
        policy = load_policy(casefile.workspace)
        complete = request.completed(policy)
        with outbox(casefile) as folder:
            made = _make(casefile, folder, case_id, person_id, policy, complete, new_id)
    except (PolicyError, CasefileError) as error:
        raise ReferralError(str(error)) from error
    except OSError as error:
        raise ReferralError(_explained(casefile, error)) from error
    if out is None:
        return made
    return MadeReferral(**{**vars(made), "path": deliver(made.path, out)})


def _make(
    casefile: Casefile,
    folder: Path,
    case_id: str,
    person_id: str,
    policy: Policy,
    request: CompleteRequest,
    new_id: Callable[[], str],
) -> MadeReferral:
    with casefile.read() as reads:
        person = referring_person(reads, person_id)
    case = ready_case(casefile, case_id, policy, kind=request.type)
    key = ensure_key(casefile, actor=f"person:{person.id}")
    now = casefile.clock()
    referral_id = f"PHK-{now.year:04d}-{new_id()}"
    draft = draft_folder(folder, referral_id)
    draft.mkdir(mode=0o700)
    known = False
    try:
        facts = gather(
            casefile, case, person=person, policy=policy, draft=draft, referral_id=referral_id, packed_at=now
        )
        packed = _pack(facts, request, key, draft, referral_id, now)
        target = folder / file_name(referral_id)
        with casefile.write(f"person:{person.id}") as tx:
            _check_unchanged(casefile, tx, facts, person_id, request)
            _record(tx, facts, request, key, packed, referral_id, person_id)
        known = True
        publish(draft, target)
    finally:
        if not known:
            shutil.rmtree(draft, ignore_errors=True)
    return MadeReferral(
        target, referral_id, packed.sha256, key.fingerprint, packed.bytes, len(facts.listings), len(facts.evidence)
    )


def _pack(
    facts: CaseFacts, request: CompleteRequest, key: SigningKey, draft: Path, referral_id: str, now: datetime
) -> Packed:
    """Write the package into the draft and check it as its receiver will: what does not verify never leaves."""
    referral = build_referral(facts, request, referral_id=referral_id, created_at=now, key_fingerprint=key.fingerprint)
    check_schema(referral)
    files = package_files(referral, facts.custody, {item.path: item.file for item in facts.evidence}, key)
    packed = write_package(files, draft / DRAFT_PACKAGE)
    sync_folder(draft)
    sync_folder(draft.parent)
    try:
        check_package(draft / DRAFT_PACKAGE, key.fingerprint)
    except PackageFault as fault:
        raise ReferralError(f"the package was made but does not verify, so it was thrown away: {fault}") from fault
    return packed


def _check_unchanged(
    casefile: Casefile, tx: Transaction, facts: CaseFacts, person_id: str, request: CompleteRequest
) -> None:
    """Raise ``ReferralError`` when a decision, role or custody log changed while the package was made."""
    referring_person(tx, person_id)
    policy = load_policy(casefile.workspace)
    # Nobody else can write now, so a reading connection sees what this transaction stands on.
    case: Case = ready_case(casefile, facts.case.id, policy, kind=request.type)
    if case != facts.case or policy != facts.policy:
        raise ReferralError(f"case {facts.case.id} changed while its referral was made: look at it and try again")
    for chain in facts.custody:
        if evidence.custody(casefile, chain.bundle)[-1].hash != chain.entries[-1].previous:
            raise ReferralError(f"the custody log of bundle {chain.bundle} grew meanwhile: try again")


def _record(
    tx: Transaction,
    facts: CaseFacts,
    request: CompleteRequest,
    key: SigningKey,
    packed: Packed,
    referral_id: str,
    person_id: str,
) -> None:
    relates_to = None if request.type == "initial" else facts.previous_referral
    tx.execute(
        "INSERT INTO referrals (id, case_id, type, made_at, made_by, recipients, handling, file, sha256, bytes,"
        " key_fingerprint, relates_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            referral_id, facts.case.id, request.type, utc_text(tx.now), person_id,
            json.dumps(request.recipients, ensure_ascii=False), request.handling, file_name(referral_id),
            packed.sha256, packed.bytes, key.fingerprint, relates_to,
        ),
    )  # fmt: skip
    for chain in facts.custody:
        packing = chain.entries[-1].model_dump(mode="json")
        tx.execute("INSERT INTO custody (bundle_hash, record) VALUES (?, ?)", (chain.bundle, record_text(packing)))
    mark_referred(tx, facts.case.id, referral_id)
    tx.audit(
        "referral_made",
        f"referral:{referral_id}",
        case=facts.case.id,
        type=request.type,
        package_sha256=packed.sha256,
        key=key.fingerprint,
        recipients=list(request.recipients),
        handling=request.handling,
        listings=len(facts.listings),
    )


def _explained(casefile: Casefile, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the disk that holds {casefile.workspace} is full: no referral was made; free some space and try again"
    return f"{error.filename or casefile.workspace} cannot be used: {error.strerror}; no referral was made"

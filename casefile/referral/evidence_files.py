"""Evidence for a package: taken from the sealed bundles, checked against their digests, with its custody continued."""

import hashlib
from datetime import datetime
from pathlib import Path

from casefile import evidence
from casefile.bundles import BundleError, checked_blocks, load_manifest, open_regular
from casefile.listings import get_capture
from casefile.records import FIRST_LINK, BundleFile, Capture, CustodyEntry
from casefile.records.bundle import CUSTODY_NAME
from casefile.referral.errors import ReferralError
from casefile.referral.facts import CustodyChain, EvidenceFile, EvidenceKind
from casefile.store import Casefile, CasefileError

READ_BYTES = 1 << 20


class EvidenceDesk:
    """Lays pieces of evidence into a folder, each once, and knows which bundles they came from.

    All methods raise ``ReferralError`` that names what is missing or damaged.
    """

    def __init__(self, casefile: Casefile, draft: Path) -> None:
        self._casefile = casefile
        self._draft = draft
        self._laid: dict[tuple[str, str], tuple[EvidenceFile, ...]] = {}
        self._manifests: dict[str, dict[str, BundleFile]] = {}
        self._checked: set[tuple[str, str]] = set()

    def bundle(self, bundle_hash: str) -> Path:
        """Return the folder of a bundle, its manifest and custody log checked against the hash that names it."""
        try:
            folder = evidence.bundle_path(self._casefile, bundle_hash)
            if bundle_hash not in self._manifests:
                manifest, _ = load_manifest(folder)
                if manifest.bundle_hash() != bundle_hash:
                    raise ReferralError(f"the manifest of bundle {bundle_hash} was changed: restore it from a backup")
                self._manifests[bundle_hash] = {file.path: file for file in manifest.files}
                self._check(folder, bundle_hash, CUSTODY_NAME)
        except (BundleError, CasefileError) as error:
            raise ReferralError(f"evidence cannot be packed: {error}") from None
        return folder

    def capture(self, capture_id: str, bundle_hash: str) -> tuple[str, ...]:
        """Lay the WARC record and the screenshot of a capture into the draft; return their paths in the package."""
        key = (bundle_hash, capture_id)
        if key not in self._laid:
            stored = get_capture(self._casefile, capture_id, bundle_hash=bundle_hash)
            if stored is None:
                raise ReferralError(f"evidence cannot be packed: capture {capture_id} is not in bundle {bundle_hash}")
            self._laid[key] = tuple(self._lay(stored.capture, bundle_hash, len(self._laid) + 1))
        return tuple(item.path for item in self._laid[key])

    def page(self, capture_id: str, bundle_hash: str) -> tuple[str, ...]:
        """Lay out the capture of a shop's own page; nothing when no bundle here holds it (text from elsewhere)."""
        stored = get_capture(self._casefile, capture_id, bundle_hash=bundle_hash)
        stored = stored or get_capture(self._casefile, capture_id)
        return self.capture(capture_id, stored.bundle_hash) if stored else ()

    def files(self) -> tuple[EvidenceFile, ...]:
        """Return all evidence laid out, in order."""
        return tuple(item for items in self._laid.values() for item in items)

    def custody(self, *, actor: str, referral_id: str, case_id: str, at: datetime) -> tuple[CustodyChain, ...]:
        """Return the custody log of every bundle, continued by the packing of this referral."""
        chains = []
        for bundle_hash in sorted(self._manifests):
            entries = self._known_custody(bundle_hash)
            digests = sorted(item.sha256 for item in self.files() if item.bundle == bundle_hash)
            packed = CustodyEntry.link(
                entries[-1].hash,
                at=at,
                actor=actor,
                action="packed",
                detail={"referral": referral_id, "case": case_id, "files": digests},
            )
            chains.append(CustodyChain(bundle_hash, (*entries, packed)))
        return tuple(chains)

    def _known_custody(self, bundle_hash: str) -> list[CustodyEntry]:
        entries = evidence.custody(self._casefile, bundle_hash)
        previous = FIRST_LINK
        for number, entry in enumerate(entries, 1):
            if entry.previous != previous or entry.hash != entry.expected_hash():
                raise ReferralError(f"the custody log of bundle {bundle_hash} is broken at entry {number}")
            previous = entry.hash
        if not entries:
            raise ReferralError(f"the custody log of bundle {bundle_hash} is empty: nobody vouches for its evidence")
        return entries

    def _lay(self, capture: Capture, bundle_hash: str, number: int) -> list[EvidenceFile]:
        suffix = ".warc.gz" if capture.warc_file.endswith(".gz") else ".warc"
        name, offset, length = capture.warc_file, capture.warc_offset, capture.warc_length
        path = f"evidence/{number:04d}-page{suffix}"
        laid = [self._copy(capture, bundle_hash, "warc_record", path, name, offset, length)]
        if capture.screenshot is not None:
            path = f"evidence/{number:04d}-screenshot.png"
            laid.append(self._copy(capture, bundle_hash, "screenshot", path, capture.screenshot, 0, None))
        return laid

    def _copy(
        self, capture: Capture, bundle_hash: str, kind: EvidenceKind, path: str, name: str, offset: int,
        length: int | None,
    ) -> EvidenceFile:  # fmt: skip
        """Copy ``length`` bytes (None: all) of a bundle's file, whose digest is checked first, into the draft."""
        folder = self.bundle(bundle_hash)
        target = self._draft / path
        target.parent.mkdir(exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            self._check(folder, bundle_hash, name)
            left = self._manifests[bundle_hash][name].bytes if length is None else length
            with open_regular(folder, name) as source, target.open("xb") as copy:
                source.seek(offset)
                while left and (block := source.read(min(READ_BYTES, left))):
                    copy.write(block)
                    digest.update(block)
                    size += len(block)
                    left -= len(block)
        except BundleError as error:
            raise ReferralError(f"evidence of capture {capture.id} cannot be packed: {error}") from None
        if left or not size:
            raise ReferralError(f"evidence of capture {capture.id} cannot be packed: {folder / name} is too short")
        return EvidenceFile(
            path=path, file=target, kind=kind, sha256=digest.hexdigest(), bytes=size, bundle=bundle_hash,
            source_file=name, capture=capture,
        )  # fmt: skip

    def _check(self, folder: Path, bundle_hash: str, name: str) -> None:
        """Compare a file of a bundle with its digest in the manifest, once; raises ``BundleError``."""
        if (bundle_hash, name) in self._checked:
            return
        file = self._manifests[bundle_hash].get(name)
        if file is None:
            raise BundleError(f"{folder}: the manifest lists no {name}")
        with open_regular(folder, name) as stream:
            for _ in checked_blocks(folder, file, stream):
                pass
        self._checked.add((bundle_hash, name))

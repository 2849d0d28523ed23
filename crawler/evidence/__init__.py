"""What is kept of a run and how: WARC files, the bundle folder, custody, recovery after a kill."""

from crawler.evidence.bundle import BundleWriter, EvidenceError, capture_id, new_run_id
from crawler.evidence.warc import Archive, Exchange, WarcPlace

__all__ = ["Archive", "BundleWriter", "EvidenceError", "Exchange", "WarcPlace", "capture_id", "new_run_id"]

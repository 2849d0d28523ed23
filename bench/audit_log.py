"""What the audit log costs: ``python -m bench.audit_log [--entries N]``.

Times one committed append (the price of every decision and every logged read) and the check of the whole log, against
hashing the same number of 300-byte strings: the least any hash chain can cost.
"""

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from casefile.audit import verify
from casefile.store import Casefile

BATCH = 10_000


def main() -> int:
    """Print the figures; exit status 1 when the log does not verify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    wanted = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as scratch, Casefile.open(Path(scratch)) as casefile:
        for start in range(0, wanted, BATCH):
            with casefile.write("bench") as tx:
                for number in range(start, min(start + BATCH, wanted)):
                    tx.audit("decided", f"listing:{number:020d}", version=1, verdict="confirm", before="open")
        single = []
        for number in range(300):
            began = time.perf_counter()
            with casefile.write("bench") as tx:
                tx.audit("read", f"listing:{number:020d}")
            single.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        check = verify(casefile)
        took = time.perf_counter() - began
    began = time.perf_counter()
    for number in range(check.entries):
        hashlib.sha256(b"%0300d" % number).hexdigest()
    base = time.perf_counter() - began
    p95 = statistics.quantiles(single, n=20)[-1]
    print(f"append, committed: p50 {statistics.median(single):.2f} ms, p95 {p95:.2f} ms")
    print(f"verify {check.entries} entries: {took:.2f} s, {took / base:.1f} x hashing alone ({base:.2f} s)")
    return 0 if check.ok else 1


if __name__ == "__main__":
    sys.exit(main())

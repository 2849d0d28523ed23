"""A loopback market of fictional shops to try everything on; its contents are data (``data/sandbox``)."""

from crawler.sandbox.catalogue import SITE_KEYS, SandboxError
from crawler.sandbox.server import RunningSandbox, start_sandbox

__all__ = ["SITE_KEYS", "RunningSandbox", "SandboxError", "start_sandbox"]

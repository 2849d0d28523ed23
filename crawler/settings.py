"""Scrapy's settings for a run: its open doors shut, its limits set, our middlewares in their order."""

import json
from typing import Any, Final

from scrapy_poet.page_input_providers import HttpClientProvider, HttpResponseProvider

from crawler.about import own_version
from crawler.job import LOOPBACK_CONCURRENCY, PUBLIC_CONCURRENCY, PUBLIC_DELAY, CrawlJob
from crawler.net.addresses import AddressPolicy
from crawler.net.bodies import MAX_BYTES
from crawler.net.browser import find_browser
from crawler.net.gate import slot_of
from crawler.net.resolver import POLICY_SETTING
from crawler.net.robots import PRODUCT_TOKEN
from crawler.page_provider import RecordedResponseProvider

USER_AGENT: Final = f"Mozilla/5.0 (compatible; {PRODUCT_TOKEN}/{own_version()}; medicines monitoring)"
"""Says what it is; ``PharmakonBot`` is the name a robots.txt addresses it by."""
DOWNLOAD_TIMEOUT: Final = 30
HTTP_HANDLER: Final = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
BROWSER_HANDLER: Final = "crawler.net.render.GuardedBrowserHandler"

_MIDDLEWARES: Final[dict[str, int | None]] = {
    # Outermost: it must see the response that all others have decoded, recorded and let pass.
    "scrapy_poet.InjectionMiddleware": 10,
    "crawler.net.gate.ScopeGate": 50,
    "crawler.net.pace.Pace": 60,
    "crawler.net.robots.RobotsGate": 100,
    "crawler.net.gate.PageBudget": 150,
    "crawler.evidence.recorder.Recorder": 590,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
}


def can_render(job: CrawlJob) -> bool:
    """Say whether pages of this run may be, and can be, shown in a browser."""
    return job.render != "never" and find_browser() is not None


def scrapy_settings(job: CrawlJob) -> dict[str, Any]:
    """Return the settings of a run, each a departure from Scrapy's defaults."""
    addresses = AddressPolicy.for_start_urls(job.start_urls, allow_loopback=job.allow_loopback)
    hosts = {slot_of(url) for url in job.start_urls}
    handler = BROWSER_HANDLER if can_render(job) else HTTP_HANDLER
    return {
        "BOT_NAME": "pharmakon",
        "USER_AGENT": USER_AGENT,
        # Doors that Scrapy leaves open: a port that runs code, a telnet console, handlers for files and buckets.
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_HANDLERS": {
            "http": handler,
            "https": handler,
            "file": None,
            "data": None,
            "ftp": None,
            "s3": None,
        },
        # A proxy that the environment names would be asked instead of the site, past every check of addresses.
        "HTTPPROXY_ENABLED": False,
        "COOKIES_ENABLED": False,
        "TWISTED_DNS_RESOLVER": "crawler.net.resolver.GuardedResolver",
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        POLICY_SETTING: json.dumps(sorted(addresses.opened)),
        "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES,
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
        },
        "EXTENSIONS": {
            "crawler.net.watch.GuardWatch": 0,
            "crawler.stopping.RunLimits": 1,
            "scrapy.extensions.memusage.MemoryUsage": None,
            "scrapy.extensions.closespider.CloseSpider": None,
            "scrapy.extensions.logstats.LogStats": None,
            "scrapy.extensions.feedexport.FeedExporter": None,
            "scrapy.extensions.remote_control.RemoteControl": None,
            "scrapy.extensions.telnet.TelnetConsole": None,
        },
        "SCRAPY_POET_PROVIDERS": {
            HttpResponseProvider: None,
            RecordedResponseProvider: 500,
            HttpClientProvider: None,  # a page object reads what was fetched, it fetches nothing itself
        },
        "SCRAPY_POET_DISCOVER": ["crawler.pages"],  # page objects that stand in for the generic one on their sites
        "ROBOTSTXT_OBEY": False,  # crawler.net.robots does, by RFC 9309
        "DOWNLOAD_MAXSIZE": MAX_BYTES + (1 << 20),  # the recorder stops earlier and keeps what came
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": min(DOWNLOAD_TIMEOUT, max(1.0, job.max_seconds)),
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_MAXDELAY": 10,
        "RETRY_TIMES": 1,
        "RETRY_HTTP_CODES": [500, 502, 504, 408, 522, 524],  # 429 and 503 belong to crawler.net.pace
        "RETRY_EXCEPTIONS": [
            "scrapy.exceptions.DownloadConnectionRefusedError",
            "scrapy.exceptions.DownloadFailedError",
            "scrapy.exceptions.DownloadTimeoutError",
            "twisted.internet.error.ConnectionDone",
            "twisted.internet.error.ConnectError",
            "twisted.internet.error.ConnectionLost",
        ],
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",  # in the order the site shows things
        "SCHEDULER_PRIORITY_QUEUE": "crawler.net.queueing.FairQueue",
        # Places for every host of the job at once; how many of them one host gets is the next setting.
        "CONCURRENT_REQUESTS": LOOPBACK_CONCURRENCY * max(2, len(hosts)),
        "CONCURRENT_REQUESTS_PER_DOMAIN": PUBLIC_CONCURRENCY,
        "DOWNLOAD_DELAY": max(PUBLIC_DELAY, job.delay or 0.0),
        "DOWNLOAD_DELAY_JITTER": 0.0,  # jitter would go below a Crawl-delay
        "DOWNLOAD_SLOTS": {
            f"{host}:{port}": {"concurrency": LOOPBACK_CONCURRENCY, "delay": job.delay or 0.0, "jitter": 0.0}
            for host, port in addresses.opened
        },
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": 20_000,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 100,  # crawler.net.render bounds the pages at once
        # A shop need not learn which of its pages led here.
        "REFERRER_POLICY": "scrapy.spidermiddlewares.referer.NoReferrerPolicy",
        "CONCURRENT_ITEMS": 4,  # Scrapy starts so many tasks for the output of each page
        "LOG_LEVEL": "WARNING",
        "STATS_DUMP": False,
    }

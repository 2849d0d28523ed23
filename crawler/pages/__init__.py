"""Page objects: ``generic`` reads any page; one module per site that needs more stands beside it."""

from crawler.extract.roles import LinkRole, SiteRole
from crawler.extract.site_facts import SiteFacts
from crawler.pages.generic import extract_page
from crawler.pages.page import Link, PageExtract, PageKind, SiteText

__all__ = ["Link", "LinkRole", "PageExtract", "PageKind", "SiteFacts", "SiteRole", "SiteText", "extract_page"]

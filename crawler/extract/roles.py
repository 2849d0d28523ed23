"""The names of what links lead to and of pages that speak for the whole shop."""

from typing import Literal, get_args

LinkRole = Literal["listing", "category", "pagination", "site", "other"]
"""What a link most likely leads to; ``site`` is a page that speaks for the whole shop."""

SiteRole = Literal["policy", "shipping", "payment", "prescription", "contact", "about", "home", "other"]
"""Roles of :class:`casefile.records.SitePage`."""
SITE_ROLES: tuple[SiteRole, ...] = get_args(SiteRole)

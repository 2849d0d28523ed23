"""The one way a referral is refused."""


class ReferralError(Exception):
    """The referral is refused; the message says what is missing, where, and what to do."""


class OutboxBusyError(ReferralError):
    """Another process is making a referral in this workspace."""

"""The one way a referral is refused."""


class ReferralError(Exception):
    """The referral is refused; the message says what is missing, where, and what to do."""

"""From a confirmed case to a signed package that anyone can check offline.

``make.make_referral`` is the way in: it gathers the case (``gather``), writes the referral as plain JSON data
(``build``), holds it against ``data/schemas/referral-1.json`` (``schema``), signs it (``sign``, ``keys``) and packs it
(``package``) beside a cover and a table for people (``cover``, ``table``). ``verify`` and the stand-alone
``verify_package`` are the receiver's side.
"""

"""From raw text to something rules can read: normaliser with offsets, language, lexicon of medicines."""

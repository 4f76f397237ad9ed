"""How text from outside is read: as a person's eye reads it."""

import unicodedata

# Hebrew exports carry direction marks; to the eye the text is the same without them.
_CLEANING: dict[int, str | None] = {
    **dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]),
    **dict.fromkeys([0x00A0, 0x2007, 0x202F], " "),
}


def clean(text: str) -> str:
    """Return a text as a person reads it: composed, without direction marks, trimmed."""
    return unicodedata.normalize("NFC", text.translate(_CLEANING)).strip()

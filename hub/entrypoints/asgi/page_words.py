"""The few words on the pages of a mail's links, in the language that the reader's browser asks for."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, NamedTuple

FALLBACK: Final = "en"


class Words(NamedTuple):
    """Of the page that asks whether somebody wants no more mails; `question` names the `{company}`."""

    question: str
    button: str
    done: str


UNSUBSCRIBE: Final = {
    "en": Words("No more of these mails from {company}?", "Unsubscribe", "You are unsubscribed."),
    "nl": Words("Geen mails meer van {company}?", "Afmelden", "U bent afgemeld."),
    "de": Words("Keine solchen E-Mails mehr von {company}?", "Abmelden", "Sie sind abgemeldet."),
    "fr": Words("Ne plus recevoir ces e-mails de {company} ?", "Se désabonner", "Vous êtes désabonné."),
}


def preferred(accepted: str, known: Container[str]) -> str:
    """The first language of Accept-Language (RFC 9110) that is among the known ones; `en` where none is."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower().split("-")[0]
        if language in known:
            return language
    return FALLBACK

"""Dutch places with their real dialling codes and the first digits of their real postal codes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A town whose land lines have seven digits after the dialling code."""

    city: str
    dialling_code: str
    postal_prefix: str


PLACES = (
    Place("Amsterdam", "020", "10"),
    Place("Rotterdam", "010", "30"),
    Place("Den Haag", "070", "25"),
    Place("Utrecht", "030", "35"),
    Place("Eindhoven", "040", "56"),
    Place("Groningen", "050", "97"),
    Place("Tilburg", "013", "50"),
    Place("Almere", "036", "13"),
    Place("Breda", "076", "48"),
    Place("Nijmegen", "024", "65"),
    Place("Apeldoorn", "055", "73"),
    Place("Haarlem", "023", "20"),
    Place("Arnhem", "026", "68"),
    Place("Amersfoort", "033", "38"),
    Place("Enschede", "053", "75"),
    Place("Zwolle", "038", "80"),
    Place("Leiden", "071", "23"),
    Place("Maastricht", "043", "62"),
    Place("Dordrecht", "078", "33"),
    Place("Zoetermeer", "079", "27"),
    Place("'s-Hertogenbosch", "073", "52"),
    Place("Leeuwarden", "058", "89"),
    Place("Delft", "015", "26"),
    Place("Alkmaar", "072", "18"),
    Place("Hilversum", "035", "12"),
)

STREETS = (
    "Kerkstraat",
    "Dorpsstraat",
    "Molenweg",
    "Julianalaan",
    "Stationsweg",
    "Beatrixstraat",
    "Schoolstraat",
    "Lindelaan",
    "Kastanjelaan",
    "Nieuwstraat",
    "Burgemeester van Houtplein",
    "Oude Gracht",
    "Wilhelminakade",
    "Vijverweg",
    "Eikenhof",
    "Prins Hendrikkade",
    "Zonnebloemstraat",
    "De Meerkoet",
)

POSTAL_LETTERS = "ABCDEGHJKLMNPRTVWXZ"  # the Dutch post avoids F, I, O, Q, U, Y, and S in some pairs

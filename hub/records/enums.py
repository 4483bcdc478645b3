"""Published enums the canonical records use; the standard each comes from stands in its docstring."""

from enum import StrEnum


class PartyKind(StrEnum):
    """TMF632: a party is an individual or an organisation."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


class CustomerField(StrEnum):
    """The fields of a customer that are chosen among sources, by their names in a mapping and in hub.yaml."""

    KIND = "kind"
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"
    LANGUAGE = "language"
    STATUS = "status"
    CUSTOMER_NUMBER = "customer_number"
    TONE = "tone"
    PREFERRED_CHANNEL = "preferred_channel"
    VALUE_CLASS = "value_class"
    LIFETIME_VALUE = "lifetime_value"


class MediumKind(StrEnum):
    """TMF629 contactMedium types that the hub can use to reach somebody."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    WEBSITE = "WEBSITE"
    OTHER = "OTHER"


class RelationKind(StrEnum):
    """What another customer is to this one. COMPANY: he works there or owns it; GROUP: a reference or customer group.

    TMF632 relatedParty leaves the roles to each company; these are those that a view is read for.
    """

    HOUSEHOLD = "HOUSEHOLD"
    FAMILY = "FAMILY"
    COMPANY = "COMPANY"
    GROUP = "GROUP"
    OTHER = "OTHER"


class RequestKind(StrEnum):
    """The standard contact model's business requests."""

    QUOTE = "QUOTE"
    SALE = "SALE"
    SERVICE = "SERVICE"
    COMPLAINT = "COMPLAINT"


class RequestState(StrEnum):
    """TMF622 product order states. PENDING: the customer must act; HELD: our side is blocked."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    REJECTED = "REJECTED"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    HELD = "HELD"
    ASSESSING_CANCELLATION = "ASSESSING_CANCELLATION"
    PENDING_CANCELLATION = "PENDING_CANCELLATION"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    PARTIAL = "PARTIAL"
    COMPLETED = "COMPLETED"


class LeadState(StrEnum):
    """TMF699 sales lead states."""

    ACKNOWLEDGED = "ACKNOWLEDGED"
    IN_PROGRESS = "IN_PROGRESS"
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class LeadRating(StrEnum):
    """TMF699 rating."""

    HOT = "HOT"
    WARM = "WARM"
    COLD = "COLD"


class LeadPriority(StrEnum):
    """TMF699 priority."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class ConsentStatus(StrEnum):
    """OASIS CDP and XDM consent values; expiry is derived from the validity, never stored."""

    GRANTED = "GRANTED"
    DENIED = "DENIED"
    REVOKED = "REVOKED"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"


class LegalBasis(StrEnum):
    """GDPR article 6(1)."""

    CONSENT = "CONSENT"
    CONTRACT = "CONTRACT"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    VITAL_INTEREST = "VITAL_INTEREST"
    PUBLIC_INTEREST = "PUBLIC_INTEREST"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"


class SurvivorshipRule(StrEnum):
    """Which source's value a golden field takes (HubSpot-Salesforce sync rules, Apache Unomi merge strategies).

    PREFER_UNLESS_BLANK: the first source in order of trust that has a value. ALWAYS: the first source that speaks of
    the field, even to say that there is no value. MOST_RECENT: likewise the newest, OLDEST: the oldest value, both by
    the source's own time. PINNED: a person's decision.
    MOST_RESTRICTIVE: the value that allows least, for consent only. FROZEN: the value it had when its sources began to
    overwrite each other by turns.
    """

    PREFER_UNLESS_BLANK = "PREFER_UNLESS_BLANK"
    ALWAYS = "ALWAYS"
    MOST_RECENT = "MOST_RECENT"
    OLDEST = "OLDEST"
    PINNED = "PINNED"
    MOST_RESTRICTIVE = "MOST_RESTRICTIVE"
    FROZEN = "FROZEN"

"""Which value survives, as a pure function of what the sources say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.overlay import OpenCorrection, overlaid, settled
from hub.customers.survive import FieldRule, SourceImage, Survivorship, changed_at, survive
from hub.records.customer import ContactMediumRecord, CustomerRecord, FieldStamp
from hub.records.enums import CustomerField, MediumKind, SurvivorshipRule

SPELLING = Spelling("NL")
START = datetime(2026, 1, 1, tzinfo=UTC)


def image(system: str, minute: int, record: CustomerRecord, *, deleted: bool = False) -> SourceImage:
    at = START + timedelta(minutes=minute)
    return SourceImage(Node(system, "1"), record, at, at, deleted)


def rules(rule: SurvivorshipRule, *sources: str) -> Survivorship:
    return Survivorship(FieldRule(rule, sources))


CRM = image("crm", 1, CustomerRecord(name="Jan", birth_date=date(1980, 1, 1)))
LMS = image("lms", 9, CustomerRecord(name="J.", language="nl"))


def test_the_trusted_source_wins_and_a_blank_is_filled_by_the_next() -> None:
    golden = survive([LMS, CRM], rules(SurvivorshipRule.PREFER_UNLESS_BLANK, "crm", "lms"), SPELLING)
    assert (golden.values["name"], golden.values["language"]) == ("Jan", "nl")
    assert golden.winners["language"][0].node.system == "lms"


def test_the_most_recent_value_wins_by_source_time() -> None:
    assert survive([CRM, LMS], rules(SurvivorshipRule.MOST_RECENT, "crm"), SPELLING).values["name"] == "J."


def test_the_oldest_value_wins_by_source_time() -> None:
    assert survive([CRM, LMS], rules(SurvivorshipRule.OLDEST, "lms"), SPELLING).values["name"] == "Jan"


def test_always_takes_the_blank_of_the_first_source_that_says_so_and_passes_over_silence() -> None:
    knows_none = replace(CRM, record=CRM.record.model_copy(update={"known_blank": ("language",)}))
    always = rules(SurvivorshipRule.ALWAYS, "crm")
    assert survive([CRM, LMS], always, SPELLING).values["language"] == "nl"
    told = survive([knows_none, LMS], always, SPELLING)
    assert (told.values["language"], told.winners["language"][0].node.system) == (None, "crm")


said = st.sampled_from(("Jan", "J. Smit", "NONE", "SILENT"))
spoken_by = st.lists(st.tuples(st.sampled_from(("crm", "lms", "cm")), st.integers(1, 9), said), max_size=4)
any_rule = st.sampled_from(
    (
        SurvivorshipRule.PREFER_UNLESS_BLANK,
        SurvivorshipRule.ALWAYS,
        SurvivorshipRule.MOST_RECENT,
        SurvivorshipRule.OLDEST,
    )
)


def saying(system: str, minute: int, what: str) -> SourceImage:
    """A source with a name, one that knows of none, or one that is silent of it."""
    if what == "NONE":
        return image(system, minute, CustomerRecord(known_blank=("name",)))
    return image(system, minute, CustomerRecord(name=None if what == "SILENT" else what))


@given(spoken=spoken_by, rule=any_rule, minute=st.integers(1, 9))
def test_a_source_that_is_silent_of_a_field_changes_nothing_of_it(
    spoken: list[tuple[str, int, str]], rule: SurvivorshipRule, minute: int
) -> None:
    images = [saying(*one) for one in spoken]
    trusted = rules(rule, "web", "crm", "lms")
    with_silence = survive([*images, saying("web", minute, "SILENT")], trusted, SPELLING)
    if not images:
        assert (with_silence.values["name"], "name" in with_silence.winners) == (None, False)
        return
    without = survive(images, trusted, SPELLING)
    assert with_silence.values["name"] == without.values["name"]
    assert ("name" in with_silence.winners) is ("name" in without.winners)


@given(spoken=spoken_by.filter(bool), rule=any_rule)
def test_that_there_is_none_erases_only_where_the_rule_lets_it(
    spoken: list[tuple[str, int, str]], rule: SurvivorshipRule
) -> None:
    images = [saying(*one) for one in spoken]
    golden = survive(images, rules(rule, "crm", "lms"), SPELLING)
    speaking = [(minute, what) for _, minute, what in spoken if what != "SILENT"]
    assert ("name" in golden.winners) is bool(speaking)
    if golden.values["name"] is None and any(what != "NONE" for _, what in speaking):
        assert rule in (SurvivorshipRule.ALWAYS, SurvivorshipRule.MOST_RECENT)
        winner = golden.winners["name"][0]
        assert winner.record.known_blank == ("name",)
        if rule is SurvivorshipRule.MOST_RECENT:
            assert winner.as_of == max(START + timedelta(minutes=minute) for minute, _ in speaking)


def test_a_deleted_source_counts_only_when_none_is_left() -> None:
    gone = image("crm", 1, CustomerRecord(name="Jan"), deleted=True)
    trusted = rules(SurvivorshipRule.PREFER_UNLESS_BLANK, "crm")
    assert survive([gone, LMS], trusted, SPELLING).values["name"] == "J."
    alone = survive([gone], trusted, SPELLING)
    assert (alone.values["name"], alone.deleted) == ("Jan", True)


def test_one_phone_in_two_notations_is_one_medium_of_the_trusted_source() -> None:
    def with_phone(value: str) -> CustomerRecord:
        return CustomerRecord(contact_media=(ContactMediumRecord(external_id="7", kind=MediumKind.PHONE, value=value),))

    images = [image("lms", 1, with_phone("+31 6 12345678")), image("crm", 1, with_phone("06-12345678"))]
    (medium,) = survive(images, rules(SurvivorshipRule.PREFER_UNLESS_BLANK, "crm"), SPELLING).media
    assert (medium.key, medium.image.node.system) == ("+31612345678", "crm")


def stamped(system: str, minute: int, name: str, own: int | None) -> SourceImage:
    """A record that changed at `minute`, its name at `own`; None: it does not say when."""
    changed = () if own is None else (FieldStamp(field=CustomerField.NAME, at=START + timedelta(minutes=own)),)
    return image(system, minute, CustomerRecord(name=name, changed=changed))


def test_a_field_counts_by_its_own_time_where_its_source_tells_it() -> None:
    phone_changed_today = stamped("crm", 9, "Jan", own=1)
    name_changed_since = stamped("lms", 5, "Jan Bakker", own=None)

    def name(rule: SurvivorshipRule, *images: SourceImage) -> str | None:
        return survive(images, rules(rule, "crm", "lms"), SPELLING).values["name"]

    assert name(SurvivorshipRule.MOST_RECENT, phone_changed_today, name_changed_since) == "Jan Bakker"
    assert name(SurvivorshipRule.OLDEST, phone_changed_today, name_changed_since) == "Jan"
    ahead = stamped("crm", 4, "Jan", own=1_000)
    assert name(SurvivorshipRule.MOST_RECENT, ahead, name_changed_since) == "Jan Bakker"


STAMPED = st.tuples(st.integers(0, 3), st.sampled_from(["Jan", "J.", "Piet"]), st.none() | st.integers(0, 4))


@given(st.lists(STAMPED, min_size=2, max_size=4), st.data(), st.sampled_from(list(SurvivorshipRule)))
def test_neither_does_it_where_fields_have_times_of_their_own(
    said: list[tuple[int, str, int | None]], data: st.DataObject, rule: SurvivorshipRule
) -> None:
    images = [stamped(f"s{place}", *one) for place, one in enumerate(said)]
    golden = survive(data.draw(st.permutations(images)), rules(rule, "s1"), SPELLING)
    assert (golden.digest, golden.winners) == (
        (first := survive(images, rules(rule, "s1"), SPELLING)).digest,
        first.winners,
    )
    if rule is SurvivorshipRule.MOST_RECENT:
        newest = max(changed_at(image, "name") for image in images)
        assert changed_at(golden.winners["name"][0], "name") == newest


THREE = [CRM, LMS, image("cm", 5, CustomerRecord(name="Jan de V."))]


@given(st.permutations(THREE), st.sampled_from(list(SurvivorshipRule)))
def test_the_order_of_images_does_not_matter(images: list[SourceImage], rule: SurvivorshipRule) -> None:
    trusted = rules(rule, "crm", "lms", "cm")
    assert survive(images, trusted, SPELLING).digest == survive(THREE, trusted, SPELLING).digest


def email_image(value: str) -> SourceImage:
    medium = ContactMediumRecord(external_id="7", kind=MediumKind.EMAIL, value=value)
    return image("crm", 1, CustomerRecord(contact_media=(medium,)))


def correction(old: str, new: str) -> OpenCorrection:
    return OpenCorrection(UUID(int=1), Node("crm", "1"), ("contact_media", "7", "value"), old, new)


def test_a_correction_lies_over_the_value_it_corrects() -> None:
    laid = overlaid(email_image("a@example.com"), [correction("a@example.com", "b@example.com")])
    assert laid.record.contact_media[0].value == "b@example.com"


def test_a_correction_to_none_is_a_word_about_its_own_field_and_a_value_takes_that_word_back() -> None:
    none = OpenCorrection(UUID(int=2), CRM.node, ("language",), "nl", None)
    laid = overlaid(replace(CRM, record=CRM.record.model_copy(update={"language": "nl"})), [none])
    assert (laid.record.language, laid.record.known_blank) == (None, ("language",))
    golden = survive([laid, LMS], rules(SurvivorshipRule.ALWAYS, "crm"), SPELLING)
    assert (golden.values["language"], golden.values["name"]) == (None, "Jan")
    again = OpenCorrection(UUID(int=3), CRM.node, ("language",), None, "fr")
    assert overlaid(laid, [again]).record.known_blank == ()


def test_a_source_that_moved_elsewhere_overrules_the_correction() -> None:
    moved = email_image("c@example.com")
    assert overlaid(moved, [correction("a@example.com", "b@example.com")]) is moved
    assert settled(moved, correction("a@example.com", "b@example.com")) == "OVERRULED"


def test_a_source_that_followed_has_converged() -> None:
    assert settled(email_image("b@example.com"), correction("a@example.com", "b@example.com")) == "CONVERGED"

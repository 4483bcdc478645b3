"""Laws of contracts, over whatever a package may send."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Drifted, Invalid
from hub.mapping.contract.learn import learned_contract
from hub.records.drift import DriftKind, DriftPolicy
from tests.mapping.contracts import CONTRACT, agreed

_KEYS = st.sampled_from(
    [
        "id",
        "name",
        "level",
        "score",
        "active",
        "anything",
        "lang",
        "code",
        "tags",
        "media",
        "kind",
        "value",
        "extra",
        "x",
    ]
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.sampled_from(["gold", "silver", "email", "fax"]),
)
_JSON = st.recursive(_SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(_KEYS, inner)), max_leaves=20)
_ANY_BODY = st.dictionaries(_KEYS, _JSON, max_size=12)
_MEDIUM = st.fixed_dictionaries(
    {},
    optional={"id": _SCALARS | st.integers(), "kind": st.sampled_from(["email", "phone", "fax", 3]), "value": _SCALARS},
)
_NEAR = st.fixed_dictionaries(
    {"id": st.integers(), "name": st.text(max_size=5)},
    optional={
        "level": st.sampled_from(["gold", "bronze", None, 3]),
        "lang": st.none() | st.dictionaries(st.sampled_from(["code", "x"]), st.text(max_size=2) | st.integers()),
        "tags": st.lists(_SCALARS, max_size=4),
        "media": st.lists(_MEDIUM, max_size=4),
        "x": _SCALARS,
    },
)
BODIES = st.one_of(_NEAR, _ANY_BODY)
POLICIES = st.dictionaries(st.sampled_from(DriftKind), st.sampled_from(DriftPolicy))


@given(body=BODIES, policies=POLICIES)
def test_nothing_else_than_invalid_is_ever_raised(
    body: dict[str, object], policies: dict[DriftKind, DriftPolicy]
) -> None:
    own = ", ".join(f"{kind}: {policy}" for kind, policy in policies.items())
    contract = agreed(CONTRACT.replace("fields:", f"policies: {{{own}}}\nfields:", 1))
    judged = contract.judge(body)  # type: ignore[arg-type]  # any JSON is the point
    assert contract.fits(body) == (judged.drifts == ())
    with suppress(Invalid):
        if judged.refused is not None:
            raise judged.refused


@given(body=BODIES)
def test_what_discard_value_takes_always_fits(body: dict[str, object]) -> None:
    contract = agreed()
    judged = contract.judge(body)  # type: ignore[arg-type]  # any JSON is the point
    assert isinstance(judged.refused, Drifted) or contract.fits(judged.body)


@given(body=BODIES)
def test_evolve_takes_everything_as_it_is_and_never_refuses(body: dict[str, object]) -> None:
    judged = agreed(policy="EVOLVE").judge(body)  # type: ignore[arg-type]  # any JSON is the point
    assert judged.refused is None
    assert repr(judged.body) == repr(body)


@settings(max_examples=20)
@given(bodies=st.lists(st.dictionaries(st.text(max_size=8), _JSON, min_size=1, max_size=6), min_size=1, max_size=6))
def test_every_object_fits_the_contract_that_was_learned_from_it(bodies: list[dict[str, object]]) -> None:
    try:
        draft = learned_contract("crm", "customer", bodies)
    except Invalid:
        return
    contract = agreed(draft)
    assert [contract.fits(body) for body in bodies] == [True] * len(bodies)

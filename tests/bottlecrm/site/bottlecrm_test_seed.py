"""Makes the company, its administrator and his keys, as often as it is called; prints them as JSON."""

import json
import secrets

import django

django.setup()

from common.models import Org, PersonalAccessToken, Profile, User  # noqa: E402
from common.serializer import OrgAwareRefreshToken  # noqa: E402
from common.tasks import set_rls_context  # noqa: E402

EMAIL = "hub@example.org"

org, _ = Org.objects.get_or_create(name="Waterlelie")
set_rls_context(str(org.id))
user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, secrets.token_urlsafe())
profile, _ = Profile.objects.get_or_create(
    user=user, org=org, defaults={"role": "ADMIN", "is_organization_admin": True, "is_active": True}
)
token, _ = PersonalAccessToken.generate(profile, "contacthub")
session = OrgAwareRefreshToken.for_user_and_org(user, org, profile)
print(json.dumps({"org": str(org.id), "token": token, "session": str(session.access_token)}))

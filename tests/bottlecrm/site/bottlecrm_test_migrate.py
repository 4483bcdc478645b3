"""Carries out BottleCRM's own migrations as `django migrate` does, in a small part of the time.

Nine tenths of it Django spends on making models anew: after each of a thousand steps the one that changed and whatever
is related to it by any way, and in BottleCRM that is every model. Here it is the one that changed alone. A step that
changes tables looks at no other, but where a key changes, whose type the columns that refer to it take; and before one
that runs code over models Django makes all of them anew in any case (`is_delayed`). The tables are the same, column by
column: compare the two when `requirements.lock` moves to another BottleCRM.
"""

import gc

import django
from django.core.management import call_command
from django.db.migrations.state import ProjectState

with_all_related = ProjectState._find_reload_model
alter_field = ProjectState.alter_field


def alone(state, app_label, model_name, delay=False):
    state.is_delayed = True
    return {(app_label, model_name)}


def alter_keys_with_all_related(state, app_label, model_name, name, field, preserve_default):
    ProjectState._find_reload_model = with_all_related if field.unique else alone
    try:
        alter_field(state, app_label, model_name, name, field, preserve_default)
    finally:
        ProjectState._find_reload_model = alone


ProjectState._find_reload_model = alone
ProjectState.alter_field = alter_keys_with_all_related

django.setup()
gc.freeze()
gc.set_threshold(50_000)
call_command("migrate", verbosity=0)

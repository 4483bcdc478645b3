"""Every command of `hub`, each with an example in its help."""

from __future__ import annotations

import typer

from hub.entrypoints.cli import (
    audit,
    check,
    contract,
    flows,
    migration,
    probe,
    processes,
    quarantine,
    schema,
    store,
    stuck_work,
    token,
)

application = typer.Typer(
    name="hub",
    help="Contacthub: one customer view over a company's packages, and the flows between them.",
    epilog="Settings come from HUB_... variables (docs/configuration.md); systems and flows from hub.yaml.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
application.command("up")(processes.up)
application.command("serve")(processes.serve)
application.add_typer(stuck_work.application, name="work")
application.command("check")(check.check)
application.command("systems")(check.systems)
application.command("probe")(probe.probe)
application.command("flows")(flows.flows)
application.command("run")(flows.run)
application.command("token")(token.token)
application.command("migrate-db")(store.migrate_db)
application.add_typer(migration.application, name="migration")
application.add_typer(schema.application, name="schema")
application.add_typer(contract.application, name="contract")
application.add_typer(quarantine.application, name="quarantine")
application.add_typer(audit.application, name="audit")

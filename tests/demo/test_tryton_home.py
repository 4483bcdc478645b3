"""The environment, the templates and the server of the demo's Tryton."""

import stat
from pathlib import Path

import pytest

from examples.demo.tryton.home import TrytonHome, running_tryton
from examples.demo.tryton.install import ensure_environment, environment_key
from examples.demo.tryton.roles import EMPTY, plain_parties
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from hub.errors import Conflict, Transient, Unauthorised
from tests.tryton_ground import Ground

pytestmark = pytest.mark.slow

COMPANY_AND_EMPLOYEE = 2


def test_what_is_ready_is_not_made_again(ground: Ground) -> None:
    ground.said.clear()
    ground.home.prepare(ground.postgres, (EMPTY,))
    assert ground.said == []


def test_interrupted_installation_is_done_anew(ground: Ground, tmp_path: Path) -> None:
    unfinished = tmp_path / f"env-{environment_key()}"
    (unfinished / "bin").mkdir(parents=True)
    (unfinished / "bin" / "waitress-serve").write_text("half a file")
    programs = ensure_environment(tmp_path, ground.said.append)
    assert programs == unfinished / "bin"
    assert (programs / "waitress-serve").read_text().startswith("#!")
    assert (programs / "trytond-admin").exists()


def test_interrupted_template_is_built_anew(ground: Ground) -> None:
    three = plain_parties(3)
    builder = ground.home.prepare(ground.postgres, (EMPTY,))
    final = builder.database_of(three)
    ground.postgres.drop_database(final)
    ground.postgres.create_database(f"{final}_new")
    with (
        running_tryton(ground.home, ground.postgres, {"home_three": three}, fresh=True, name="three") as server,
        server.log_in("home_three") as rpc,
    ):
        codes = rpc.search_read("party.party", [["code", "like", "P-%"]], ["code"])
        assert [row["code"] for row in codes] == ["P-1", "P-2", "P-3"]
    assert ground.postgres.has_database(final)
    assert not ground.postgres.has_database(f"{final}_new")


def test_database_is_kept_as_its_users_left_it_unless_fresh(ground: Ground) -> None:
    def parties(*, fresh: bool) -> int:
        with (
            running_tryton(ground.home, ground.postgres, {"home_kept": EMPTY}, fresh=fresh, name="kept") as server,
            server.log_in("home_kept") as rpc,
        ):
            rpc.create("party.party", [{"name": "Nieuw"}])
            return len(rpc.search("party.party", []))

    assert parties(fresh=True) == COMPANY_AND_EMPLOYEE + 1
    assert parties(fresh=False) == COMPANY_AND_EMPLOYEE + 2
    assert parties(fresh=True) == COMPANY_AND_EMPLOYEE + 1


def test_stopped_server_comes_back_on_its_port(ground: Ground) -> None:
    databases = {"home_stopped": EMPTY}
    with running_tryton(ground.home, ground.postgres, databases, fresh=True, name="stopped") as server:
        rpc = server.log_in("home_stopped")
        url = server.url
        server.stop()
        with pytest.raises(Transient):
            rpc.search("party.party", [])
        server.start()
        assert server.url == url
        assert len(rpc.search("party.party", [])) == COMPANY_AND_EMPLOYEE
        rpc.close()


def test_taken_port_is_told(ground: Ground, tryton: TrytonServer) -> None:
    programs = ensure_environment(ground.home.folder, ground.said.append)
    with pytest.raises(Conflict, match=f"port {tryton.port}"):
        TrytonServer(programs, ground.home.folder, ("x",), "", port=tryton.port)


def test_home_in_use_is_told(ground: Ground) -> None:
    other = TrytonHome(ground.home.folder, ground.said.append)
    with pytest.raises(Conflict, match="in use by process"):
        other.__enter__()


def test_wrong_password_is_refused(tryton: TrytonServer) -> None:
    with pytest.raises(Unauthorised):
        TrytonRpc(tryton.url, "demo_cm", tryton.user, "not the password")


def test_secrets_are_for_their_owner_alone(ground: Ground) -> None:
    for name in ("password", "trytond.conf"):
        assert stat.S_IMODE((ground.home.folder / name).stat().st_mode) == 0o600

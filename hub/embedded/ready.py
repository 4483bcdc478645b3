"""The usual questions to a program that has just been started, for `SupervisedProcess.wait_until`."""

import http.client
import socket
from collections.abc import Callable

LOOPBACK = "127.0.0.1"
ASK_TIMEOUT_S = 2.0


def port_answers(port: int) -> Callable[[], bool]:
    """Whether something accepts connections on this TCP port of the loopback address."""

    def ask() -> bool:
        try:
            with socket.create_connection((LOOPBACK, port), timeout=ASK_TIMEOUT_S):
                return True
        except OSError:
            return False

    return ask


def http_answers(port: int, path: str = "/") -> Callable[[], bool]:
    """Whether GET `path` is answered with anything but a server error (5xx)."""

    def ask() -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ASK_TIMEOUT_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def free_port(wanted: int = 0) -> int | None:
    """A TCP port of the loopback address that is free: `wanted`, or None if it is taken; 0 means any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            return None
        port: int = probe.getsockname()[1]
        return port

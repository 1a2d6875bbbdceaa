"""Nothing in the tests reaches out. Python imports this module by itself in every process whose PYTHONPATH holds this folder:
kernels, commands, workers. Connections within the machine (loopback, Unix sockets) pass, all others raise `NetworkUsed`."""

import functools
import ipaddress
import socket


class NetworkUsed(RuntimeError):
    """Somebody asked for the network. Not an `OSError`: whoever copes with a missing network must not cope with this."""


def _inside(host):
    if host is None or host in ("", b""):
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return False  # a name: looking it up would ask the network
    return address.is_loopback or address.is_unspecified


def _guarded(method, place):
    @functools.wraps(method)
    def guard(self, *arguments):
        address = arguments[place]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _inside(address[0]):
            raise NetworkUsed(f"the tests use no network, and something asked for {address[0]}:{address[1]}.")
        return method(self, *arguments)

    guard.guards = True
    return guard


def block():
    """Closes the network to this process. Twice is once."""
    if hasattr(socket.socket.connect, "guards"):
        return
    socket.socket.connect = _guarded(socket.socket.connect, 0)
    socket.socket.connect_ex = _guarded(socket.socket.connect_ex, 0)
    socket.socket.sendto = _guarded(socket.socket.sendto, -1)
    look_up = socket.getaddrinfo

    @functools.wraps(look_up)
    def getaddrinfo(host, *arguments, **settings):
        if not _inside(host):
            raise NetworkUsed(f"the tests use no network, and something looked up {host}.")
        return look_up(host, *arguments, **settings)

    socket.getaddrinfo = getaddrinfo


block()

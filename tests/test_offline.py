"""The tests' own fence: what it keeps in, and what it lets through."""

import os
import socket
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

OUTSIDE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody is there, and nobody must be asked


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: socket.socket().connect((OUTSIDE, 80)),
        lambda: socket.socket().connect_ex((OUTSIDE, 80)),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", (OUTSIDE, 53)),
        lambda: socket.getaddrinfo("example.org", 443),
        lambda: __import__("urllib.request").request.urlopen("http://example.org", timeout=1),
        lambda: __import__("requests").get("http://example.org", timeout=1),
    ],
    ids=["create_connection", "connect", "connect_ex", "sendto", "getaddrinfo", "urllib", "requests"],
)
def test_this_process_cannot_reach_out(reach, offline):
    with pytest.raises(offline):
        reach()


def test_connections_within_the_machine_pass():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5) as client:
        client.sendall(b"here")
        assert server.accept()[0].recv(4) == b"here"


def test_a_child_process_cannot_reach_out():
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 80), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "NetworkUsed" in child.stderr


def test_a_kernel_runs_and_cannot_reach_out():
    source = f"import socket\nprint('alive')\nsocket.create_connection(({OUTSIDE!r}, 80), timeout=1)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=60).execute()
    printed, error = notebook.cells[0].outputs
    assert printed["text"] == "alive\n" and error["ename"] == "NetworkUsed"


def test_no_data_set_is_in_sight():
    from gan_edu.data import images

    assert "GAN_EDU_DATA" not in os.environ and [name for name in images.SETS if images.find(name)] == []


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "http://127.0.0.1:99999", "socks5://127.0.0.1:9", "http://:x"])
def test_a_proxy_that_is_dead_or_none_is_a_missing_network(proxy, monkeypatch, tmp_path):
    from gan_edu.data import images

    for name in ("GAN_EDU_OFFLINE", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.lower(), proxy)
    monkeypatch.setattr(images, "home", lambda: tmp_path)
    assert images.load("mnist").stands_in_for == "MNIST"

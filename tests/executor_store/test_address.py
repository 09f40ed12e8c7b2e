"""Addresses of stores."""

from __future__ import annotations

import pytest

from executor.store.address import Folder, Server, address_of
from executor.store.store import Refused


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("files:/a/b", Folder("/a/b")),
        ("files:/a/b/", Folder("/a/b")),
        ("files:/with space%20", Folder("/with space%20")),
        ("redis://host", Server("host", 6379)),
        ("redis://host:1/2", Server("host", 1, "", "", "", 2)),
        ("redis://[::1]:1", Server("::1", 1)),
        ("redis://me:p%40ss%2F@127.0.0.1/", Server("127.0.0.1", 6379, "", "me", "p@ss/")),
        ("redis://:hush@host", Server("host", 6379, "", "", "hush")),
        ("redis+unix:///a/b.sock", Server(path="/a/b.sock")),
        ("redis+unix://me:hush@/a%20b.sock?db=7", Server("", 6379, "/a b.sock", "me", "hush", 7)),
    ],
)
def test_what_addresses_mean(url: str, address: Folder | Server) -> None:
    assert address_of(url) == address
    assert "hush" not in str(address)


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("files:", "the folder is ''; expected an absolute path"),
        ("files:here", "the folder is 'here'; expected an absolute path"),
        ("files://host/x", "the folder is '//host/x'; expected an absolute path"),
        ("/tmp", "the store's kind is '/tmp'; expected files:FOLDER"),
        ("http://me:hush@host", "the store's kind is 'http'"),
        ("redis://", "names no host"),
        ("redis:///1", "names no host"),
        ("redis://me:hush@host:port", "cannot be read; expected redis"),
        ("redis://me:hush/hush@host", "cannot be read; expected redis"),
        ("redis://me:hush@host:99999", "cannot be read; expected redis"),
        ("redis://[::1", "cannot be read; expected redis"),
        ("redis://host/db", "has a database that is no number, 'db'; expected"),
        ("redis://host/1/", "has a database that is no number, '1/'; expected"),
        ("redis://host/0?db=1", "has unknown parts: db; expected"),
        ("redis+unix://", "names no socket"),
        ("redis+unix:///", "names no socket"),
        ("redis+unix://host/x.sock", "names a host, 'host'; expected"),
        ("redis+unix:///x.sock?db=1&db=2", "no number, '1, 2'"),
        ("redis+unix:///x.sock?dp=1", "has unknown parts: dp; expected"),
    ],
)
def test_what_is_no_address_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint) as refused:
        address_of(url)
    assert "hush" not in str(refused.value)

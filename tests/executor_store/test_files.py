"""What the store of files needs of folders, and how it says so."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from msgspec import msgpack

from executor.store import file_objects
from executor.store.files import FilesStore
from executor.store.opening import leftovers, open_store, rest, wake
from executor.store.store import WHOLE, Refused, StoreError
from tests.executor_store.hand import result, start
from tests.executor_store.places import KEY, Place, listening

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(f"files:{tmp_path}/runs")
    yield place
    place.destroy()


def folder_of(place: Place) -> Path:
    return Path(place.url.removeprefix("files:")) / place.name


def test_everything_is_the_owners_alone(place: Place) -> None:
    """Whatever the umask."""
    umask = os.umask(0)
    try:
        with place.open() as store:
            store.objects.put(1, 1, WHOLE, b"")
            store.log.append(b"", 0)
            with listening(store, 1):
                folder = folder_of(place)
                sockets = folder / "mail"
                found = [folder.parent, folder, *folder.rglob("*"), sockets.resolve(), *sockets.resolve().iterdir()]
                modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()}
                assert set(modes.values()) == {0o700}
                files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()}
                assert len(files) >= 4
                assert set(files.values()) == {0o600}
    finally:
        os.umask(umask)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
@pytest.mark.parametrize("is_inner", [False, True])
def test_a_folder_that_others_can_write_is_refused(place: Place, mode: int, is_inner: bool) -> None:
    folder = folder_of(place)
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    changed = folder if is_inner else folder.parent
    changed.chmod(mode)
    with (
        pytest.raises(Refused, match=r"can be written by others .*; expected a folder of mode 700") as refused,
        place.open(),
    ):
        pass
    assert str(changed) in str(refused.value)
    changed.chmod(0o700)


@as_root
def test_a_folder_of_somebody_else_is_refused(place: Place) -> None:
    folder = folder_of(place)
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    os.chown(folder, 12_345, -1)
    with pytest.raises(Refused, match="belongs to user 12345; expected a folder of this user"), place.open():
        pass
    os.chown(folder, 0, -1)


@pytest.mark.parametrize("is_inner", [False, True])
def test_a_link_is_not_followed(place: Place, tmp_path: Path, is_inner: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder = folder_of(place)
    if is_inner:
        folder.parent.mkdir(mode=0o700)
    link = folder if is_inner else folder.parent
    link.symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a symbolic link; expected a folder"), place.open():
        pass
    assert list(elsewhere.iterdir()) == []
    link.unlink()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="is no folder; expected a folder"):
        open_store(f"files:{tmp_path}/file", "run", KEY)
    with pytest.raises(StoreError, match="cannot be made: Not a directory"):
        open_store(f"files:{tmp_path}/file/more/deep", "run", KEY)


@not_as_root
def test_a_folder_that_cannot_be_written_is_told(place: Place) -> None:
    folder_of(place).parent.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot be made: Permission denied"), place.open():
        pass


def test_a_store_without_room_says_so_and_goes_on(place: Place) -> None:
    with place.open() as store:
        appended, failures = msgpack.decode(result(start("crowd", place)), type=tuple[int, list[str]])
        assert len(failures) == 2
        assert "object 1 cannot be put: File too large" in failures[0]
        assert "the request log failed" in failures[1]
        assert store.objects.get(2, 1, WHOLE) == b"small"
        assert not store.objects.has(1, 1, WHOLE)
        assert store.log.read(0) == [bytes(1000)] * appended
        assert store.log.append(b"goes on", appended) == [b"goes on"]
        left = place.left()
        assert left is not None
        assert left.n_objects == 1


def test_mail_lies_where_names_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However deep the run's folder, and in the runtime folder of the user if there is one."""
    runtime = Path(tempfile.mkdtemp(prefix="run-", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    place = Place(f"files:{tmp_path}/{'deep/' * 30}runs")
    with place.open() as store:
        [sockets] = runtime.iterdir()
        assert (folder_of(place) / "mail").readlink() == sockets
        monkeypatch.setenv("XDG_RUNTIME_DIR", f"/tmp/{'long' * 30}")
        with place.open(create=False) as other, listening(store, 1) as inbox:
            other.mail.send(1, b"found all the same")
            assert inbox.receive() == b"found all the same"
        store.destroy()
    assert list(runtime.iterdir()) == []
    runtime.rmdir()


def test_mail_finds_a_place_again_if_it_was_cleared_away(place: Place) -> None:
    with place.open():
        sockets = (folder_of(place) / "mail").readlink()
    sockets.rmdir()
    with place.open() as store, listening(store, 1) as inbox:
        store.mail.send(1, b"hello")
        assert inbox.receive() == b"hello"
    for left in sockets.iterdir():
        left.unlink()
    sockets.rmdir()
    sockets.symlink_to("/")
    with pytest.raises(Refused, match="symbolic link"), place.open():
        pass
    sockets.unlink()


def test_a_letter_that_comes_slowly_holds_nobody_up(place: Place) -> None:
    """A sender stands still in the middle of a letter that is too long for its socket."""
    with place.open() as store, listening(store, 1) as inbox:
        stuck = start("stick", place)
        assert stuck.stdout
        assert stuck.stdout.read(5) == b"stuck"
        store.mail.send(1, b"quick")
        assert inbox.receive() == b"quick"
        stuck.kill()
        stuck.wait()
        stuck.stdout.close()
        store.mail.send(1, b"last")
        assert inbox.receive() == b"last", "half a letter was delivered"


def test_a_removal_that_was_interrupted_is_finished(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"1234")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", dies)
        with pytest.raises(KeyboardInterrupt):
            place.destroy()
    left = place.left()
    assert left is not None
    assert left.n_bytes == 4
    place.destroy()
    assert place.left() is None
    assert list(folder_of(place).parent.iterdir()) == []


def test_what_is_no_run_is_not_told_of(place: Place) -> None:
    assert leftovers(place.url) == ()
    folder = folder_of(place)
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    (folder.parent / "notes.txt").touch()
    assert leftovers(place.url) == ()


def test_many_begin_a_run_at_once(place: Place) -> None:
    """All of them find the same one."""
    failures: list[Exception] = []

    def begin() -> None:
        try:
            with place.open() as store:
                store.log.append(b"here", 0)
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with place.open(create=False) as store:
        assert store.log.read(0) == [b"here"] * 8


def test_nobody_appends_between_an_entry_and_its_answer(place: Place) -> None:
    """While the answer is read somebody else tries, and is not done before it is."""
    with place.open() as store, place.open() as other:
        assert isinstance(store, FilesStore)
        table = store.log._table
        others: list[Thread] = []

        class Interrupted:
            """A connection during whose transactions another one appends."""

            def execute(self, statement: str, *arguments: object) -> object:
                if statement.startswith("SELECT"):
                    others.append(Thread(target=other.log.append, args=(b"other", 0)))
                    others[-1].start()
                    others[-1].join(0.1)
                return table.execute(statement, *arguments)

            def __getattr__(self, name: str) -> object:
                return getattr(table, name)

        store.log._table = Interrupted()
        for seen in range(0, 6, 2):
            assert store.log.append(b"own", seen) == [b"own"]
            others[-1].join()
        store.log._table = table
        assert store.log.read(0) == [b"own", b"other"] * 3


def test_clients_in_one_process_write_to_files_of_their_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one has not finished is not another's to write over."""
    written: list[str] = []
    write = file_objects._write
    monkeypatch.setattr(file_objects, "_write", lambda path, data: (written.append(path), write(path, data)))
    with place.open() as store, place.open() as other:
        store.objects.put(1, 1, WHOLE, b"one")
        other.objects.put(2, 1, WHOLE, b"two")
    assert len(set(written)) == 2


def test_a_run_at_rest_has_nothing_but_its_place_and_may_go_on(place: Place) -> None:
    with place.open() as store, listening(store, 1):
        store.objects.put(1, 1, WHOLE, b"one")
        sockets = (folder_of(place) / "mail").resolve()
        assert [each.name for each in sockets.iterdir()] == ["1"]
    for _ in range(2):  # again is fine
        rest(place.url, place.name)
        assert not sockets.exists()
    wake(place.url, place.name)
    with place.open(create=False) as store, listening(store, 1) as inbox:
        assert store.objects.get(1, 1, WHOLE) == b"one"
        store.mail.send(1, b"again")
        assert inbox.receive() == b"again"


def test_who_opens_a_run_at_rest_late_leaves_nothing(place: Place) -> None:
    """An instance that was still starting when its run was given up."""
    with place.open() as store, listening(store, 1):
        sockets = (folder_of(place) / "mail").readlink()
    with place.open(create=False) as early:
        rest(place.url, place.name)
        with place.open(create=False) as late:
            for store in early, late:
                with pytest.raises(StoreError, match="letters to 1 cannot be received: No such file"):
                    store.mail.listen(1)
                store.mail.send(1, b"nobody has it")
    assert not sockets.exists()


def test_sockets_go_even_if_somebody_still_makes_some(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is removed has another name first, and what an interrupted removal left goes with the next one."""
    with place.open() as store, listening(store, 1):
        sockets = (folder_of(place) / "mail").readlink()

        def interrupt(folder: str) -> None:
            with pytest.raises(StoreError, match="cannot be received"):
                store.mail.listen(2)
            raise OSError("interrupted")

        with monkeypatch.context() as patched:
            patched.setattr(shutil, "rmtree", interrupt)
            with pytest.raises(StoreError, match="interrupted"):
                rest(place.url, place.name)
        assert not sockets.exists()
        rest(place.url, place.name)
        assert list(sockets.parent.glob(f"{sockets.name}*")) == []


def test_a_run_that_is_not_there_cannot_be_woken(place: Place) -> None:
    with pytest.raises(StoreError, match=place.name):
        wake(place.url, place.name)
    assert not folder_of(place).exists()


def test_a_store_below_a_folder_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """They could put another one in its place, once it was found to be in order."""
    shared = tmp_path / "shared"
    (shared / "inner").mkdir(parents=True)
    for mode in (0o777, 0o775):
        shared.chmod(mode)
        with pytest.raises(Refused, match=f"shared can be written by others .mode {mode:o}., who could exchange"):
            open_store(f"files:{shared}/inner/store", "run", KEY)
    shared.chmod(0o1777)  # as that of /tmp: nobody renames what is not theirs
    open_store(f"files:{shared}/inner/store", "run", KEY).destroy()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_object_that_somebody_else_put_there_is_refused(place: Place) -> None:
    with place.open() as store:
        store.objects.put(1, 1, WHOLE, b"one")
        [file] = (folder_of(place) / "objects").iterdir()
        os.chown(file, 12_345, -1)
        with pytest.raises(Refused, match="belongs to user 12345; expected a file of this user"):
            store.objects.get(1, 1, WHOLE)

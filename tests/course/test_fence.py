"""What a submission's process may not do, and how it is brought to an end."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

from memo_edu.course import fence, wire
from memo_edu.course.session import Died, Session, TimeLimit

LINUX = pytest.mark.skipif(not fence.landlock_version(), reason="this system has no Landlock")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    secret = tmp_path_factory.mktemp("course") / "secret.txt"
    secret.write_text("the secret seed")
    with Session(hide=[secret.parent], cell_seconds=2) as session:
        session.secret = secret
        yield session


def said(session, code):
    """What a cell prints, or the error that it ends with."""
    outputs = session.run(code)
    return " ".join(output.get("text") or output.get("evalue") or "" for output in outputs)


def test_its_own_folder_is_its_own(session):
    code = "open('a.txt', 'w').write('tea'); import os; os.rename('a.txt', 'b.txt')"
    assert said(session, f"{code}\nprint(open('b.txt').read())") == "tea\n"


@pytest.mark.parametrize("place", ["{secret}", "{secret}.new", "../../x.txt", "~/x/../../../y.txt"])
def test_other_folders_are_not_written_to(session, place):
    place = place.format(secret=session.secret)
    answer = said(session, f"import os; open(os.path.expanduser({place!r}), 'w')")
    assert "only in its own folder" in answer or "Permission denied" in answer
    assert session.secret.read_text() == "the secret seed"


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.remove({secret!r})",
        "import os; os.rename({secret!r}, 'mine')",
        "import os; os.symlink({secret!r}, '/tmp/memo_edu_link')",
        "import shutil; shutil.rmtree({folder!r})",
        "import os; os.chmod({secret!r}, 0o777)",
        "open({secret!r}).read()",
        "import memo_edu.course.hidden.ps1",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
    ],
)
def test_what_is_refused(session, code):
    folder = str(session.secret.parent)
    answer = said(session, code.format(secret=str(session.secret), folder=folder))
    assert "may " in answer or "Permission denied" in answer or "not permitted" in answer
    assert session.secret.read_text() == "the secret seed"


@LINUX
@pytest.mark.parametrize(
    "code",
    [
        "import ctypes; print(ctypes.CDLL(None).open({secret!r}.encode(), 0))",
        "import ctypes; print(ctypes.CDLL(None).unlink({secret!r}.encode()))",
        "import subprocess; print(-subprocess.run(['cat', {secret!r}]).returncode)",
        "import os; print(-os.system('echo x > ' + {secret!r}) // 256)",
        "import os\ntry: os.kill(os.getppid(), 0)\nexcept PermissionError: print(-1)",
        "try: open('/proc/%d/cmdline' % os.getppid())\nexcept PermissionError: print(-1)",
    ],
)
def test_what_the_system_refuses(session, code):
    """Not Python's hook, which code in C or another program would get round."""
    assert re.search(r"-\d", said(session, code.format(secret=str(session.secret))))
    assert session.secret.read_text() == "the secret seed"


def test_the_mail_can_only_be_read(session):
    answer = said(session, f"open({str(session.mail / 'request.json')!r}, 'w')")
    assert "only in its own folder" in answer or "Permission denied" in answer


def test_the_environment_holds_no_secret(session, monkeypatch):
    assert "MEMO_EDU_SECRET" not in said(session, "import os; print(dict(os.environ))")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_ten_gigabytes_are_refused(session):
    assert "allocate" in said(session, "import numpy; numpy.ones(10 * 2**27)")


def test_exit_is_no_end(session):
    said(session, "exit()")
    assert said(session, "print('still here')") == "still here\n"


def test_a_loop_is_stopped_and_what_ran_before_is_there(session):
    session.run("tea = 3")
    begin = time.monotonic()
    with pytest.raises(TimeLimit, match="more than 2 seconds"):
        session.run("while True: pass")
    with pytest.raises(TimeLimit):
        session.run("while True:\n  try: sum(range(9**9))\n  except BaseException: pass")
    with pytest.raises(Died):
        session.run("import os; os._exit(0)")
    assert said(session, "print(tea)") == "3\n"
    assert time.monotonic() - begin < 200


def test_too_many_crashes_end_the_notebook():
    with Session(cell_seconds=2) as session:
        for _ in range(6):
            with pytest.raises(Died):
                session.run("import os; os._exit(0)")
        with pytest.raises(TimeLimit, match="too often"):
            session.run("1")


def test_the_whole_notebook_has_a_limit():
    with Session(cell_seconds=2, seconds=1) as session:
        with pytest.raises(TimeLimit):
            session.run("while True: pass")
        with pytest.raises(TimeLimit, match="whole notebook"):
            session.run("1")


def test_the_box_is_gone_afterwards():
    with Session() as session:
        box, mail, pid = session.box, session.mail, session.manager.provisioner.pid
        session.run("import subprocess, sys")
    assert not box.exists()
    assert not mail.exists()
    assert not __import__("psutil").pid_exists(pid)


# ---- Without Landlock: Python's own hook -----------------------------------------------------

OUTPUT = {"capture_output": True, "text": True}
HOOKED = """
import os, sys
sys.path.insert(0, {folder!r})
import fence
fence.hook([{box!r}], [{hidden!r}], False)
try:
    {code}
except PermissionError as error:
    print("refused:", error)
"""


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("open({box!r} + '/x', 'w')", False),
        ("open({hidden!r} + '/x', 'w')", True),
        ("open({hidden!r} + '/s')", True),
        ("open({box!r} + '/../hidden/s')", True),
        ("os.system('true')", True),
        ("os.remove({hidden!r} + '/s')", True),
        ("os.remove({box!r} + '/../hidden/s')", True),
        ("import subprocess; subprocess.run([sys.executable])", True),
        ("import shutil; shutil.rmtree({hidden!r})", True),
        ("import shutil; shutil.rmtree({box!r})", False),
    ],
)
def test_the_hook(tmp_path, code, refused):
    for name in ("box", "hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "s").write_text("s")
    places = {"box": str(tmp_path / "box"), "hidden": str(tmp_path / "hidden")}
    folder = fence.__file__.removesuffix("fence.py")
    program = HOOKED.format(code=code.format(**places), folder=folder, **places)
    run = subprocess.run([sys.executable, "-c", program], cwd=places["box"], **OUTPUT)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("refused:") == refused
    assert (tmp_path / "hidden" / "s").read_text() == "s"


# ---- The wire --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -0.5, "tea", [1, [2]], (1, "a"), {"a": [1], 2: None}, 10**30],
)
def test_plain_values_come_through(value):
    found = wire.decode(wire.encode(value))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("array", [np.eye(3), np.arange(4)[::2], np.zeros((0, 2)), np.array(True)])
def test_arrays_come_through(array):
    found = wire.decode(wire.encode(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


@pytest.mark.parametrize(
    "data",
    [
        {"array": "AAAA", "dtype": "O", "shape": [1]},
        {"array": "AAAA", "dtype": "<f8", "shape": [1]},
        {"array": "AAAA", "dtype": "nonsense", "shape": [1]},
        {"array": 3, "dtype": "<f8", "shape": [1]},
        {"array": "AAAAAAAAAAA=", "dtype": "<f8", "shape": [-1, "x"]},
        {"list": 3},
        {"dict": [1]},
        {"handle": "x"},
        {},
        [1],
    ],
)
def test_what_nobody_sends_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"\w"):
        wire.decode(data)


def test_what_cannot_be_copied_stays_where_it_is():
    with pytest.raises(TypeError):
        wire.encode(object())
    found = wire.decode(wire.encode([object()], keep=lambda value: 7))
    assert (found[0].number, found[0].kind) == (7, "object")

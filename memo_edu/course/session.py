"""A kernel behind a fence: cells and calls with time limits, and a new one after a crash."""

import json
import os
import queue
import shutil
import sys
import tempfile
import time
from pathlib import Path
from subprocess import DEVNULL

import psutil
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec
from nbformat.v4 import output_from_msg

from memo_edu.course import fence, inside, wire

OUTPUTS = ("stream", "display_data", "execute_result", "error")
WAIT = 4
MOST_RESTARTS = 5
MOST_OUTPUT = 2**20  # characters of a cell's output; what is more is not kept
KEEP = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONPATH", "OPENBLAS_CORETYPE")  # of os.environ
SETUP = """
import builtins, sys
builtins.exit = builtins.quit = sys.exit
exit = quit = sys.exit
from memo_edu.course import inside as _inside
"""


class TimeLimit(Exception):
    """A cell or a call took too long."""


class Died(Exception):
    """The process of the submission ended."""


class Fenced(KernelManager):
    """Starts a kernel by the file fence.py."""

    plan = None

    @property
    def kernel_spec(self):
        """The command that starts a kernel."""
        start = [sys.executable, "-P", fence.__file__, json.dumps(self.plan)]
        return KernelSpec(argv=[*start, "-f", "{connection_file}"], language="python")


class Session:
    """Runs one submission.

    Args:
        files: paths of the files to put beside the notebook.
        hide: paths that the submission must not read.
        cell_seconds: how long a cell or a call may compute. Time on the processor is counted, so
            that a grade does not depend on what else the machine does; who only waits is given
            WAIT times as long.
        seconds: how long all of them may compute together.
        memory: bytes of address space.
    """

    def __init__(self, files=(), hide=(), cell_seconds=20, seconds=180, memory=4 * 2**30):
        self.cell_seconds, self.seconds, self.spent = cell_seconds, seconds, 0.0
        self.box = Path(tempfile.mkdtemp(prefix="memo_edu_")).resolve()
        self.mail = Path(tempfile.mkdtemp(prefix="memo_edu_mail_")).resolve()  # it may only read it
        for folder in ("work", "home", "tmp"):
            (self.box / folder).mkdir()
        for file in files:
            shutil.copy(file, self.box / "work")
        self.plan = {
            "write": [str(self.box), "/dev/null"],
            "hide": [str(path) for path in hide],
            "memory": memory,
            "seconds": 2 * seconds + 60,
        }
        self._fonts()
        self.done, self.manager, self.restarts, self.over = [], None, 0, None
        self._start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._kill()
        for folder in (self.box, self.mail):
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, files):
        """Lay files beside the notebook: a dict of name -> text."""
        for name, text in files.items():
            (self.box / "work" / name).write_text(text, encoding="utf-8")

    @property
    def left(self):
        """Seconds that are left for the whole notebook."""
        return self.seconds - self.spent

    def run(self, code):
        """Run a cell.

        Returns:
            Its outputs, as in a notebook.

        Raises:
            TimeLimit, Died: with what it had written until then, in .outputs.
        """
        outputs = []
        try:
            self._execute(code, outputs)
        except (TimeLimit, Died) as error:
            error.outputs = outputs
            raise
        self.done.append(code)
        return outputs

    def ask(self, **request):
        """Send a request to inside.answer, and return the reply, a dict.

        Raises:
            TimeLimit, Died: there is no reply.
            ValueError: the reply can't be read.
        """
        outputs = []
        letter = self.mail / "request.json"  # large arrays as source code would take long to read
        letter.write_text(json.dumps(request), encoding="utf-8")
        code = f"_inside.answer(get_ipython(), {str(letter)!r})"
        self._execute(code, outputs, store_history=False, most=wire.LARGEST)
        replies = [output["data"][inside.MIME] for output in outputs if _is_reply(output)]
        if not replies:
            raise ValueError("no answer came back")
        reply = json.loads(replies[-1])
        if not isinstance(reply, dict):
            raise ValueError("an answer that can't be read")
        return reply

    def _execute(self, code, outputs, store_history=True, most=MOST_OUTPUT):
        if self.over or self.left <= 0:
            raise TimeLimit(self.over or "the time for the whole notebook was used up")
        seconds = min(self.cell_seconds, self.left)
        number = self.client.execute(code, store_history=store_history, allow_stdin=False)
        if self._collect(number, outputs, seconds, most):
            return
        self.manager.interrupt_kernel()
        if not self._collect(number, outputs, 2, most):
            self._again()
        raise TimeLimit(f"it ran for more than {seconds:.3g} seconds")

    def _collect(self, number, outputs, seconds, most):
        """Gather outputs until the kernel is idle; False if the time is up."""
        begin, used, size = time.monotonic(), self._computed(), 0
        try:
            while True:
                try:
                    message = self.client.get_iopub_msg(timeout=0.2)
                except queue.Empty:
                    message = None
                    if not self.manager.is_alive():
                        self._again()
                        raise Died("it ended the Python process") from None
                late = time.monotonic() - begin > WAIT * seconds
                if late or self._computed() - used > seconds:
                    return False
                if message is None or message["parent_header"].get("msg_id") != number:
                    continue
                kind, content = message["msg_type"], message["content"]
                if kind == "status" and content["execution_state"] == "idle":
                    return True
                size += len(str(content)) if kind in OUTPUTS else 0
                if kind in OUTPUTS and size <= most:
                    _add(outputs, output_from_msg(message))
        finally:
            self.spent += max(0.0, self._computed() - used)

    def _computed(self):
        """Seconds that the kernel has computed since it started."""
        try:
            times = psutil.Process(self.manager.provisioner.pid).cpu_times()
        except (psutil.Error, AttributeError, TypeError):
            return 0.0
        return times.user + times.system

    def _start(self, tries=2):
        connection = self.box / "home" / f"kernel-{self.restarts}.json"
        # Sockets that are files: another kernel can't take them first, as it could take a port.
        sockets = {} if os.name == "nt" else {"transport": "ipc", "ip": f"{self.box}/k{tries}"}
        connection.unlink(missing_ok=True)
        self.manager = Fenced(connection_file=str(connection), **sockets)
        self.manager.plan = {**self.plan, "read": [*fence.readable(), str(self.mail)]}
        environment = {key: os.environ[key] for key in KEEP if key in os.environ}
        home = str(self.box / "home")
        environment |= dict.fromkeys(("HOME", "USERPROFILE", "IPYTHONDIR", "MPLCONFIGDIR"), home)
        environment |= {"TMPDIR": str(self.box / "tmp"), "TEMP": str(self.box / "tmp")}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}
        work = str(self.box / "work")
        self.manager.start_kernel(cwd=work, env=environment, stdout=DEVNULL, stderr=DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=300)
        except RuntimeError as error:
            if not tries:
                raise Died("the kernel did not start") from error
            self._kill()
            self._start(tries - 1)
            return
        number = self.client.execute(SETUP, silent=True, store_history=False)
        if not self._collect(number, [], 300, 0):
            raise Died("the kernel did not start")

    def _again(self):
        """Start afresh, and run again what went well before."""
        self._kill()
        self.restarts += 1
        self._start()
        if self.restarts > MOST_RESTARTS:
            self.over = "the notebook had crashed too often before"
            return
        for code in self.done:
            number = self.client.execute(code, allow_stdin=False)
            if not self._collect(number, [], max(self.left, 1), 0):
                self.over = "what had run before a crash could not be run again"
                return

    def _kill(self):
        try:
            kernel = psutil.Process(self.manager.provisioner.pid)
            family = [*kernel.children(recursive=True), kernel]
        except (psutil.Error, AttributeError, TypeError):
            family = []
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        for process in family:
            try:
                process.kill()
            except psutil.Error:
                continue

    def _fonts(self):
        """Give the box the list of fonts, which takes matplotlib seconds to make."""
        from matplotlib import get_cachedir

        for file in Path(get_cachedir()).glob("fontlist-*.json"):
            shutil.copy(file, self.box / "home")


def _is_reply(output):
    return isinstance(output.get("data", {}).get(inside.MIME), str)


def _add(outputs, output):
    """Append an output; text of the same stream goes on where it stopped."""
    last = outputs[-1] if outputs else None
    if output.output_type == "stream" and last and last.get("name") == output.name:
        last["text"] += output.text
    else:
        outputs.append(output)

"""Work that takes a while: it runs beside the widgets, with a progress bar and a Stop button."""

import asyncio
import threading

import ipywidgets as widgets
from IPython import get_ipython

# Seconds between two looks at the work, and how many of them pass before the bar is shown: one
# that came and went would only flicker.
GLANCE, PATIENCE = 0.05, 4


class StoppedError(Exception):
    """The reader pressed Stop."""


class Work(widgets.HBox):
    """A progress bar and a Stop button, which are shown while something takes long.

    What runs is a generator. It yields jobs, functions of a `tell`, and is sent what each returns.
    A job computes and touches no widget; between two jobs the generator brings the widgets up to
    date. If a person has clicked, jobs run in a thread, so that the kernel goes on hearing the
    browser. If a program has clicked, or there is no browser, the whole is done before `run`
    returns.

    Args:
        on_busy: a function of True when it takes long, so that nothing else can be done, and of
            False when that is over.

    Attributes:
        stop: the button.
        busy: whether something runs now; then, what comes next waits for it.
        in_passing: to be set by what runs now, if it only looks: it gives way to what comes next.
        task: the asyncio task that runs it, or None.

    Example:
        >>> work, found = Work(), []
        >>> def add():
        ...     total = yield lambda tell: sum(range(10))
        ...     found.append(total)
        >>> work.run(add())
        >>> found
        [45]
    """

    def __init__(self, on_busy=lambda is_busy: None):
        self.label = widgets.HTML()
        self.bar = widgets.FloatProgress(0, min=0, max=1, layout={"width": "14em"})
        self.stop = widgets.Button(description="Stop", icon="stop", tooltip="Nothing is lost")
        self.stop.on_click(lambda _: self._ask_to_stop())
        self.busy, self.in_passing, self.task = False, False, None
        self._on_busy, self._stopping, self._share = on_busy, False, 0.0
        # What runs, and what waits for it: (steps, name).
        self._running, self._waiting, self._is_held = None, [], False
        # JupyterLab may have each widget heard in a thread of its own.
        self._lock = threading.Lock()
        super().__init__([self.label, self.bar, self.stop], layout={"display": "none"})

    def run(self, steps, name=None):
        """Run a generator of jobs.

        Args:
            steps: the generator.
            name: of what is equal to what came last, as in a double click, only one is run.
        """
        with self._lock:
            if self.busy:
                self._line_up(steps, name)
                return
            self._begin(name)
        if clicked_by_a_person():
            self.task = asyncio.get_running_loop().create_task(self._run_beside(steps))
            return
        try:
            while steps is not None:
                _drive(steps, lambda job: job(self._tell))
                steps = self._take_next()
        finally:
            self.busy = False

    def _begin(self, name):
        self.busy, self.in_passing, self._stopping, self._share = True, False, False, 0.0
        self._running = name

    def _line_up(self, steps, name):
        """Let something wait; what only looks gives way to it."""
        last = self._waiting[-1][1] if self._waiting else self._running
        if self.in_passing and not self._waiting:
            self._stopping = True
        elif name == last:
            return
        self._waiting.append((steps, name))

    def _tell(self, share, is_dropped=False):
        """Hear from a job which share of it is done, and stop it if that was asked for."""
        if is_dropped:
            raise StoppedError
        self._share = share
        if self._stopping:
            self._stopping = False  # what follows, such as drawing the old state, is not stopped
            raise StoppedError

    def _ask_to_stop(self):
        self._stopping = self.busy

    async def _run_beside(self, steps):
        """Run a generator, and what took its place while it only looked."""
        try:
            while steps is not None:
                await self._play(steps)
                steps = self._take_next()
        finally:
            self.busy = False
            self._show(False)

    def _take_next(self):
        """Return what was asked for meanwhile, or be free."""
        with self._lock:
            steps, name = self._waiting.pop(0) if self._waiting else (None, None)
            self._begin(name)
            self.busy = steps is not None
        return steps

    async def _play(self, steps):
        """Run each job of a generator in a thread."""
        outcome = None
        try:
            while True:
                # What a job raised is raised again where the generator asked for it.
                failed = isinstance(outcome, BaseException)
                job = steps.throw(outcome) if failed else steps.send(outcome)
                outcome = await self._watch(job)
        except StopIteration:
            pass

    async def _watch(self, job):
        """Show the progress of a job until it is done; return its result, or what it raised."""
        dropped = threading.Event()
        tell = lambda share: self._tell(share, dropped.is_set())  # noqa: E731
        future = asyncio.get_running_loop().run_in_executor(None, job, tell)
        glances = 0
        self._show(self.layout.display == "flex")  # what only looks holds no one back
        while not (await asyncio.wait({future}, timeout=GLANCE))[0]:
            glances += 1
            if self.in_passing and self._stopping:
                future.add_done_callback(lambda future: future.exception())  # no one waits for it
                dropped.set()
                self._stopping = False
                return StoppedError()
            if glances >= PATIENCE or self.layout.display == "flex":
                self._show(True)
        return future.exception() or future.result()

    def _show(self, is_long):
        """Show how far the work is, or hide the bar."""
        self.bar.value = self._share
        self.label.value = "Stopping …" if self._stopping else f"Working … {self._share:.0%}"
        self.layout.display = "flex" if is_long else "none"
        is_held = is_long and not self.in_passing
        if is_held != self._is_held:
            self._is_held = is_held
            self._on_busy(is_held)


def _drive(steps, perform):
    """Perform the jobs of a generator one after the other."""
    try:
        job = next(steps)
        while True:
            try:
                result = perform(job)
            except Exception as error:
                job = steps.throw(error)
            else:
                job = steps.send(result)
    except StopIteration:
        pass


def clicked_by_a_person():
    """Return whether the kernel is answering a browser, and not running a cell or a program."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    message = kernel.get_parent().get("header", {}).get("msg_type")
    return message == "comm_msg" and asyncio._get_running_loop() is not None

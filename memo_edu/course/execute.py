"""nbgrader's step "execute", in two processes: one runs the submission, this one judges it.

A submission's cells run in a kernel behind a fence. The cells with hidden tests never go there:
their code runs here, and the names of the submission that it uses are stand-ins, which send their
arguments to the kernel and bring back plain data. So neither the expected answers nor the secret
seed are ever in a process of the submission's.
"""

import ast
import builtins
from pathlib import Path

import nbformat
import numpy as np
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_output
from traitlets import Bool, Integer

from memo_edu.checks import Wrong
from memo_edu.course import HOME, hidden, variants
from memo_edu.course.release import secret, secret_of
from memo_edu.course.session import Died, Session, TimeLimit
from memo_edu.course.wire import Handle, decode, encode

NOT_TRIED = "Not attempted."


class Execute(Preprocessor):
    """Runs a submission's cells behind the fence, and its hidden tests outside."""

    enabled = Bool(True).tag(config=True)
    cell_seconds = Integer(20, help="Time for a cell, or for a call by a test.").tag(config=True)
    notebook_seconds = Integer(180, help="Time for a whole notebook.").tag(config=True)
    megabytes = Integer(4096, help="Address space, where the system limits it.").tag(config=True)

    def preprocess(self, nb, resources):
        """Run the cells of one submission. The current folder is the course directory."""
        about = resources["nbgrader"]
        folder = Path("source").resolve() / about["assignment"]
        source = nbformat.read(folder / f"{about['notebook']}.ipynb", as_version=4)
        tests = {name_of(cell): cell.source for cell in source.cells if is_test(cell)}
        files = [path for path in folder.iterdir() if path.suffix != ".ipynb"]
        limits = self.cell_seconds, self.notebook_seconds, self.megabytes * 2**20
        hide = [Path.cwd(), HOME.parents[1], Path(hidden.__file__).parent]
        whose, _ = variants.whose(Path.cwd(), about["student"], nb)
        seed = variants.seed_of(secret_of(Path.cwd(), None), whose)
        with secret(seed), Session(files, hide, *limits) as session:
            session.put(hidden.files_of(about["assignment"]) if whose else {})
            judge = Judge(session, nb)
            code = [cell for cell in nb.cells if cell.cell_type == "code"]
            for number, cell in enumerate(code, 1):
                if is_test(cell):
                    cell.source = tests[name_of(cell)]
                    cell.outputs = verdict(judge.judge(cell.source))
                else:
                    cell.outputs = run(session, cell.source)
                cell.execution_count = number
                for output in cell.outputs:
                    if output.output_type == "execute_result":
                        output.execution_count = number
        return nb, resources


def name_of(cell):
    """Return a cell's name in the assignment, None if it is none of the assignment's."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_test(cell):
    """Whether a cell is an autograded test."""
    about = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and about.get("grade", False) and not about.get("solution")


def run(session, code):
    """Run a cell of the submission's, and return outputs whatever happens."""
    if not code.strip():
        return []
    try:
        return session.run(code)
    except TimeLimit as limit:
        return [*limit.outputs, error("TimeLimit", f"This cell was stopped: {limit}.")]
    except Died as end:
        say = f"This cell was stopped: {end}. What stands above it was run again."
        return [*end.outputs, error("Died", say)]


def error(kind, say):
    """Make an output that nbgrader takes for a failure; halves of characters can't be written."""
    say = say.encode("utf-8", "replace").decode()
    return new_output("error", ename=kind, evalue=say, traceback=[say])


def verdict(fault):
    """Make the output of a test."""
    if fault is None:
        return [new_output("stream", name="stdout", text="✓ right\n")]
    return [error("Wrong", fault)]


class Judge:
    """Runs hidden tests on what a submission has defined.

    Args:
        session: the kernel with the submission.
        notebook: the submission; a function that was renamed is looked for in its cells.
    """

    def __init__(self, session, notebook):
        self.session, self.notebook, self.banned = session, notebook, {}

    def judge(self, test):
        """Run one hidden test, and return what is wrong in a sentence, or None."""
        try:
            space = {name: self.stand_in(name) for name in foreign_names(test)}
            exec(compile(test, "<hidden test>", "exec"), space)
        except NotImplementedError:
            return NOT_TRIED
        except (Wrong, Refused, AssertionError) as fault:
            return str(fault).strip() or "The answer is not right."
        except (TimeLimit, Died) as end:
            return f"Your code was stopped: {end}."
        except Exception as fault:  # an answer of a kind that no test has thought of
            return f"Your answer has a form that can't be judged ({type(fault).__name__}: {fault})."
        return None

    def stand_in(self, name):
        """Return a function or a value that stands for a name of the submission."""
        if name in self.banned:
            raise Refused(f"Not tried: `{name}` was stopped before: {self.banned[name]}.")
        found = self.asked(name, look=name)
        if "value" in found:
            return decode(found["value"], self.handle)
        if found.get("function"):
            return StandIn(self, name)
        own = renamed(name, self.notebook, [str(other) for other in found.get("missing", [])])
        if own:
            return StandIn(self, own)
        why = fault_of_cell(name, self.notebook)
        raise Refused(
            f"There is no `{name}` when the notebook is run from top to bottom{why.rstrip('.')}."
        )

    def asked(self, name, **request):
        """Send a request for the sake of a name that is never tried again if it does harm."""
        try:
            return self.session.ask(**request)
        except (TimeLimit, Died) as end:
            if isinstance(name, str):
                self.banned[name] = end
            raise

    def handle(self, number, kind):
        """Return what stands for a value that stayed in the submission's process."""
        return StandIn(self, number, kind)


class Refused(Exception):
    """The submission has nothing that could be tested; the message says why."""


class StandIn(Handle):
    """A function or an object in the submission's process.

    Attributes:
        spoiled: which of its arguments were lists that the last call changed. The lists here stay
            as they are.
    """

    def __init__(self, judge, number, kind="function", attribute=None):
        super().__init__(number, kind)
        self._judge, self._attribute, self.spoiled = judge, attribute, ()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return StandIn(self._judge, self.number, self.kind, name)

    def __call__(self, *given):
        """Call it there. What it changed in arrays is changed here, too."""
        data = [encode(argument) for argument in given]
        request = {"call": self.number, "attribute": self._attribute, "given": data}
        reply = self._judge.asked(self.number, **request)
        if reply.get("stub"):
            raise NotImplementedError
        if "error" in reply:
            raise Refused(str(reply["error"])[:500])
        self.spoiled = tuple(reply.get("spoiled", ()))
        for place, changed in dict(reply.get("changed", {})).items():
            changed, argument = decode(changed), given[int(place)]
            if np.shape(changed) == argument.shape:
                np.copyto(argument, changed, casting="unsafe")
        return decode(reply["value"], self._judge.handle)


def foreign_names(code):
    """The names that some code uses and does not define."""
    names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    defined = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            defined |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
    return sorted({node.id for node in names} - defined - set(dir(builtins)))


def functions_in(code):
    """The functions that some code defines at its top level: dict of name -> parameters."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {node.name: len(node.args.args) for node in body if isinstance(node, ast.FunctionDef)}


def fault_of_cell(name, notebook):
    """Say what stopped the cell that should have defined a function, if something did."""
    for cell in notebook.cells:
        if name in cell.metadata.get("memo_edu", {}).get("defines", {}):
            faults = [output for output in cell.outputs if output.output_type == "error"]
            if faults:  # the last one: after an interrupt it says why
                return f": its cell stopped with {faults[-1].ename}: {faults[-1].evalue}".rstrip(
                    ": "
                )
    return ""


def renamed(name, notebook, there):
    """Find the function that a cell defines in the place of the one that was asked for.

    Args:
        name: what was asked for.
        notebook: the submission; the cell of an answer says what it should define.
        there: the functions that there are.

    Returns:
        The name of the only function in that cell that was not asked for, or None.
    """
    for cell in notebook.cells:
        wanted = cell.metadata.get("memo_edu", {}).get("defines", {})
        if name in wanted:
            found = functions_in(cell.source)
            others = [key for key in found if key not in wanted and key in there]
            fit = [key for key in others if found[key] == wanted[name]]
            return fit[0] if len(fit) == 1 else None
    return None

"""Make a course directory that nbgrader understands, and the folder that students get."""

import contextlib
import os
import shutil
import sysconfig
from pathlib import Path

import nbformat
from tqdm.auto import tqdm

from memo_edu.course import source_of, variants
from memo_edu.course.hidden import SECRET, files_of
from memo_edu.errors import ConfigurationError

CONFIG = '''"""nbgrader's settings for this course; settings(c) puts up the fence."""

from memo_edu.course.release import settings

c = get_config()
settings(c)

# c.Execute.cell_seconds = 20       # for a cell, and for a call by a hidden test
# c.Execute.notebook_seconds = 180  # for a whole notebook
# c.Execute.megabytes = 4096        # address space of a submission, where the system limits it
'''
SECRET_FILE = "secret_seed.txt"
START = """# {title}

Start JupyterLab in this folder, and open `{name}.ipynb`:

    jupyter lab {name}.ipynb

It needs the package memo_edu, as the chapters do. If the first cell says that there is none, start
JupyterLab from the environment in which you read the chapters (`make lab` opens it), and open this
folder there.

Fill in the cells that say YOUR CODE HERE or YOUR ANSWER HERE. You may add cells anywhere. Don't
rename functions, and don't rename or delete the files that lie beside the notebook.

When you are done: Kernel → Restart Kernel and Run All Cells, save, and hand in `{name}.ipynb`. It
is graded from top to bottom in a fresh kernel: what counts is what the cells say, not what they
once showed. A cell has 20 seconds, the whole notebook three minutes, and 4 GB of memory.
"""


def settings(c):
    """Put this course's steps among nbgrader's.

    Args:
        c: nbgrader's configuration.
    """
    from nbgrader import preprocessors as steps

    from memo_edu.course.execute import Execute
    from memo_edu.course.mend import Mend

    c.CourseDirectory.course_id = "memo_edu"
    c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # YOUR CODE HERE"}
    c.Autograde.sanitize_preprocessors = [
        Mend,
        steps.ClearOutput,
        steps.DeduplicateIds,
        steps.OverwriteKernelspec,
        steps.OverwriteCells,
        steps.CheckCellMetadata,
    ]
    c.Autograde.autograde_preprocessors = [
        Execute,
        steps.LimitOutput,
        steps.SaveAutoGrades,
        steps.AssignLatePenalties,
        steps.CheckCellMetadata,
    ]
    c.HTMLExporter.sanitize_html = True  # what a submission shows is shown to others
    for url in ("mathjax_url", "require_js_url", "jquery_url"):
        c.HTMLExporter[url] = ""  # a feedback page asks the network for nothing


def release(assignment, out, course="course", seed=None, students=None):
    """Make the folder for the students, and the course directory for those who grade.

    Args:
        assignment: such as "ps1".
        out: a folder for the students' files; made if need be.
        course: the course directory, made or added to.
        seed: the secret of the course, any text; None takes the one that the course has.
        students: a file of names, so that each of them gets a folder with data of their own; a
            course that has had one goes on with these names.
    """
    source_of(assignment)
    out = Path(out)
    if Path(course).resolve().is_relative_to(out.resolve()):
        raise ConfigurationError(f"{course} holds the solutions: don't hand it out.")
    with tqdm(total=2, desc=f"{assignment}: the course directory") as bar:
        prepare(assignment, course, seed)
        if students is not None:
            variants.enrol(course, students)
        names = variants.names(course)
        bar.update()
        bar.set_description(f"{assignment}: the students' folder")
        for name in names or [""]:
            hand_out(assignment, course, out / name, name)
        bar.update()


def hand_out(assignment, course, out, name):
    """Make one student's folder, or everybody's if there is no name."""
    out.mkdir(parents=True, exist_ok=True)
    for file in (Path(course) / "release" / assignment).iterdir():
        shutil.copy(file, out)
    if not name:
        return
    path = out / f"{assignment}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    variants.mark(notebook, name)
    nbformat.write(notebook, path)
    with secret(variants.seed_of(secret_of(course, None), name)):
        for file, text in files_of(assignment).items():
            (out / file).write_text(text, encoding="utf-8")


def prepare(assignment, course, seed=None):
    """Make sure that a course directory has an assignment, released, with this seed."""
    home, course = source_of(assignment), Path(course)
    seed = secret_of(course, seed)
    source = course / "source" / assignment
    source.mkdir(parents=True, exist_ok=True)
    shutil.copy(home / f"{assignment}.ipynb", source)
    with secret(seed):
        files = files_of(assignment)
    number = assignment.removeprefix("ps")
    title = assignment.capitalize() if number == assignment else f"Problem set {number}"
    files["README.md"] = START.format(title=title, name=assignment)
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    made = interface(course).generate_assignment(assignment)
    if not made["success"]:
        log = f"{made.get('log', '')} {made['error']}"
        raise ConfigurationError(f"nbgrader could not release {assignment}: {log}")


def secret_of(course, seed):
    """Return the seed of a course; a course that has one keeps it."""
    file = Path(course) / SECRET_FILE
    if file.exists():
        kept = file.read_text(encoding="utf-8").strip()
        if seed is not None and seed != kept:
            raise ConfigurationError(
                f"The course in {course} has another seed than the one that is given. Leave it "
                "out, or name another course directory with --course."
            )
        return kept
    course.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{seed or ''}\n", encoding="utf-8")
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, encoding="utf-8")
    return seed or ""


@contextlib.contextmanager
def secret(seed):
    """Draw all data of the course from a seed."""
    before = os.environ.get(SECRET)
    os.environ[SECRET] = seed
    try:
        yield
    finally:
        if before is None:
            del os.environ[SECRET]
        else:
            os.environ[SECRET] = before


def interface(course):
    """Return nbgrader's own interface to a course directory, with that directory's settings."""
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    scripts = sysconfig.get_path("scripts")  # nbgrader calls alembic by its bare name
    if scripts not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = scripts + os.pathsep + os.environ["PATH"]
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(Path(course).resolve())
    return NbGraderAPI(config=config)

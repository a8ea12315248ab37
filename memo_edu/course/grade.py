"""Grade all submissions: each in a process of its own, and none can stop the others."""

import multiprocessing
import os
import time
import warnings
from multiprocessing.connection import wait
from pathlib import Path

import nbformat
import psutil
from tqdm.auto import tqdm

from memo_edu.course import report, source_of, variants
from memo_edu.course.mend import mend
from memo_edu.course.release import SECRET_FILE, interface, prepare
from memo_edu.course.submissions import collect
from memo_edu.errors import ConfigurationError

TOO_LONG = "Grading this took too long, and was given up."
EXTRA_SECONDS = 120  # for nbgrader's own work on a submission, beside the submission's time


def grade(assignment, submissions, out=None, course="course", seed=None, jobs=None):
    """Grade every submission, and write what an instructor needs.

    Args:
        assignment: such as "ps1".
        submissions: a folder of files, a zip from a course site, or one notebook.
        out: the folder for grades.csv, summary.html and feedback/; ps1-grades if not given.
        course: the course directory.
        seed: the secret of the course, any text; None takes the one that the course has.
        jobs: how many submissions at a time; as many as there are processors, up to 4.

    Returns:
        A list of report.Result, one a submission, by name.
    """
    source_of(assignment)
    out, course = Path(out or f"{assignment}-grades"), Path(course)
    if seed is None and not (course / SECRET_FILE).exists():
        raise ConfigurationError(
            f"{course} is not a course directory. Name the one that release made with --course, or "
            "give the secret of the course with --seed, and it is made again."
        )
    found = collect(submissions, assignment)
    prepare(assignment, course, seed)
    released = nbformat.read(course / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    for one in found:
        if one.notebook is None:
            one.remarks[-1:] = [f"This can't be graded. {one.remarks[-1]}"]
        notebook = one.notebook or nbformat.v4.new_notebook(cells=released.cells)
        if remark := variants.whose(course, one.student, notebook)[1]:
            one.remarks.append(remark)
        notebook = mend(notebook, released, one.remarks)
        home = course / "submitted" / one.student / assignment
        home.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, home / f"{assignment}.ipynb")
    students = [one.student for one in found]
    faults = run_all(students, assignment, course, jobs)
    results = report.results(found, faults, assignment, course)
    report.write(results, assignment, course, out)
    return results


def run_all(students, assignment, course, jobs=None):
    """Let nbgrader grade some students, a few at a time.

    Returns:
        A dict of student -> what kept nbgrader from grading them, in a sentence.
    """
    _settle_database(assignment, students, course)
    waiting, again, faults = list(students)[::-1], set(), {}
    most = seconds_for_one(course)
    graders = [Grader(assignment, course) for _ in range(min(jobs or cores(), len(students)))]
    with tqdm(total=len(students), unit="submission", desc=assignment) as bar:
        try:
            while waiting or any(grader.student for grader in graders):
                for grader in graders:
                    if waiting and not grader.student:
                        grader.take(waiting.pop(), most)
                wait([grader.pipe for grader in graders if grader.student], timeout=1)
                for grader in (grader for grader in graders if grader.student):
                    student, (ended, fault) = grader.student, grader.look()
                    if ended and fault and student not in again and fault != TOO_LONG:
                        again.add(student)  # it may have been bad luck: a full disk, a busy port
                        waiting.append(student)
                    elif ended:
                        faults |= {student: fault} if fault else {}
                        bar.update()
        finally:
            for grader in graders:
                grader.stop()
    return faults


def cores():
    """How many submissions are graded at a time, if nobody says."""
    return min(4, os.cpu_count() or 1)


class Grader:
    """A process that grades one student after the other; a new one if it had to be stopped."""

    def __init__(self, assignment, course):
        self.given, self.course = (assignment, str(course)), course
        self.process = self.pipe = self.student = None
        self.end = 0.0

    def take(self, student, seconds):
        """Begin with a student."""
        if self.process is None:
            context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
            if os.name != "nt":
                context.set_forkserver_preload(["memo_edu.course.grade", "nbgrader.apps.api"])
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=work, args=(theirs, *self.given))
            self.process.start()
            theirs.close()
        self.student, self.end = student, time.monotonic() + seconds
        self.pipe.send(student)

    def look(self):
        """Return whether the student at hand is done, and what went wrong, if anything."""
        student, log = self.student, log_of(self.course, self.student)
        try:
            if self.pipe.poll():
                went_well, self.student = self.pipe.recv(), None
                return True, "" if went_well else f"nbgrader could not grade this; {log} says why."
            if time.monotonic() < self.end:
                return False, ""
            fault = TOO_LONG
        except (EOFError, OSError):
            fault = f"The grading of {student} ended before its time; see {log}."
        self.stop()
        return True, fault

    def stop(self):
        """End the process, with all that it has started."""
        if self.process is not None:
            _kill_family(self.process.pid)
            self.process.join()
            self.pipe.close()
        self.process = self.student = None


def work(pipe, assignment, course):
    """Grade the students that are named through a pipe, and say whether it went well."""
    api = interface(course)
    api.coursedir.db_url += "?timeout=60"  # seconds to wait while another grader writes
    while True:
        try:
            student = pipe.recv()
        except EOFError:
            return
        pipe.send(grade_one(api, assignment, student, course))


def grade_one(api, assignment, student, course):
    """Grade a student with nbgrader; what it says goes to a log. Return whether it went well."""
    log_of(course, student).parent.mkdir(exist_ok=True)
    with open(log_of(course, student), "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        for step in (api.autograde, api.generate_feedback):
            made = step(assignment, student)
            log.write(f"{made.get('log', '')}\n{made.get('error', '')}\n")
            if not made["success"]:
                return False
    return True


def log_of(course, student):
    """Where nbgrader's messages about a student go."""
    return Path(course) / "logs" / f"{student}.txt"


def seconds_for_one(course):
    """How long the grading of one submission may take altogether."""
    limit = interface(course).config.get("Execute", {}).get("notebook_seconds", 180)
    return limit + EXTRA_SECONDS


def _settle_database(assignment, students, course):
    """Enter all students first, so that graders at work side by side only fill in."""
    with interface(course).gradebook as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SQLAlchemy, about what nbgrader does with it
        for student in students:
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(assignment, student)


def _kill_family(number):
    try:
        parent = psutil.Process(number)
        family = [*parent.children(recursive=True), parent]
    except psutil.Error:
        return
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            continue

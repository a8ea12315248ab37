"""Grade all submissions: each in a process of its own, and none can stop the others."""

import multiprocessing
import os
import sys
import time
from multiprocessing.connection import wait
from pathlib import Path

import nbformat
import psutil
from tqdm.auto import tqdm

from memo_edu.course import report
from memo_edu.course.mend import mend
from memo_edu.course.release import interface, prepare, secret, secret_of
from memo_edu.course.submissions import collect

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
    found = collect(submissions, assignment)
    out, course = Path(out or f"{assignment}-grades"), Path(course)
    prepare(assignment, course, seed)
    released = nbformat.read(course / "release" / assignment / f"{assignment}.ipynb", as_version=4)
    for one in found:
        if one.notebook is None:
            one.remarks[-1:] = [f"This can't be graded. {one.remarks[-1]}"]
        notebook = one.notebook or nbformat.v4.new_notebook(cells=released.cells)
        notebook = mend(notebook, released, one.remarks)
        home = course / "submitted" / one.student / assignment
        home.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, home / f"{assignment}.ipynb")
    students = [one.student for one in found]
    faults = run_all(students, assignment, course, secret_of(course, None), jobs)
    results = report.results(found, faults, assignment, course)
    report.write(results, assignment, course, out)
    return results


def run_all(students, assignment, course, seed, jobs=None):
    """Let nbgrader grade some students, a few at a time.

    Returns:
        A dict of student -> what kept nbgrader from grading them, in a sentence.
    """
    jobs = jobs or min(4, os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
    if os.name != "nt":
        context.set_forkserver_preload(["memo_edu.course.grade", "nbgrader.apps.api"])
    waiting, running, faults = list(students)[::-1], {}, {}
    _settle_database(assignment, students, course)
    most = seconds_for_one(course)
    with tqdm(total=len(students), unit="submission", desc=assignment) as bar:
        while waiting or running:
            while waiting and len(running) < jobs:
                student = waiting.pop()
                given = (student, assignment, str(course), seed)
                process = context.Process(target=run_one, args=given, daemon=False)
                process.start()
                running[student] = process, time.monotonic() + most
            wait([process.sentinel for process, _ in running.values()], timeout=1)
            for student, (process, end) in list(running.items()):
                if process.is_alive() and time.monotonic() < end:
                    continue
                if process.is_alive():
                    _kill_family(process.pid)
                    faults[student] = "Grading this took too long, and was given up."
                elif process.exitcode:
                    faults[student] = f"nbgrader could not grade this; see {log_of(course, student)}."
                process.join()
                del running[student]
                bar.update()
    return faults


def run_one(student, assignment, course, seed):
    """Grade one student with nbgrader, in this process; what it says goes to a log."""
    log = log_of(course, student)
    log.parent.mkdir(exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    with secret(seed):
        api = interface(course)
        api.coursedir.db_url += "?timeout=60"  # seconds to wait while another grader writes
        for step in (api.autograde, api.generate_feedback):
            made = step(assignment, student)
            print(made.get("log", ""), made.get("error", ""))
            if not made["success"]:
                sys.exit(1)


def log_of(course, student):
    """Where nbgrader's messages about a student go."""
    return Path(course) / "logs" / f"{student}.txt"


def seconds_for_one(course):
    """How long the grading of one submission may take altogether."""
    limit = interface(course).config.get("Execute", {}).get("notebook_seconds", 180)
    return limit + EXTRA_SECONDS


def _settle_database(assignment, students, course):
    """Enter all students first, so that graders at work side by side only fill in."""
    with interface(course).gradebook as gradebook:
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

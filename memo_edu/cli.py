"""The command `memo-edu`: one small function a subcommand, which opens only what it needs."""

import argparse
import contextlib
import csv
import functools
import inspect
import sys
from pathlib import Path

from memo_edu.errors import MemoError

# The experiments of which memo_edu.figures draws one; it opens matplotlib, so not before it must.
DRAWN = ("pairs", "layers", "prose", "calibration", "damage")

# JupyterLab would ask the network for news and newer versions of itself.
OFFLINE = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


class Parser(argparse.ArgumentParser):
    """A parser whose help shows a description as it is, and whose errors are one sentence."""

    def __init__(self, **options):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message):
        """Say what is wrong, and end with the exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help).\n")


def main(arguments=None):
    """Run a subcommand.

    Args:
        arguments: a list of str; None takes those of the command line.

    Returns:
        The exit code: 0; 1 if the doctor finds that the notebooks cannot work; 2 if an argument
        is wrong; 130 if Ctrl-C left nothing to show.
    """
    commands = [f"  {name:<12}{run.__doc__.splitlines()[0]}" for name, run in COMMANDS.items()]
    parser = Parser(prog="memo-edu", epilog="\n".join(["commands:", *commands]))
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see memo-edu command --help")
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command](chosen.arguments)
    except (MemoError, OSError, UnicodeError, OverflowError) as error:
        _show(f"memo-edu: {error}", sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def experiment(arguments):
    """Run an experiment, write what it measures as CSV, draw it; Ctrl-C keeps what there is."""
    from memo_edu import experiments

    runs = {
        "pairs": experiments.pair_recall,
        "layers": experiments.multilayer_recall,
        "prose": experiments.prose_recall,
        "reading": experiments.reading_recall,
        "calibration": experiments.false_alarms,
        "damage": experiments.damaged_recall,
        "intermediate": experiments.intermediate_recall,
        "published": experiments.published_recall,
    }
    return _write_records("experiment", experiment.__doc__, runs, arguments)


def bench(arguments):
    """Measure times as ratios to the bare matrix product, and how they grow; write CSV."""
    from memo_edu import benchmarks

    runs = {
        "ratios": benchmarks.ratios,
        "growth": benchmarks.growth,
        "interactive": benchmarks.interactive,
    }
    return _write_records("bench", bench.__doc__, runs, arguments)


def memorize(arguments):
    """Memorize files of any size, plain or .gz, .bz2, .xz, and save the memory.

    What is done is written to OUT.checkpoint now and then. If the work is cut short, the same
    command again goes on from there; with the binding encoder the memory is the same, bit for bit.
    """
    from memo_edu.model import MeMo
    from memo_edu.scale import memorize_corpus

    parser = Parser(prog="memo-edu memorize", description=inspect.getdoc(memorize))
    parser.add_argument("files", nargs="+", help='files, folders, patterns such as "books/*.txt"')
    parser.add_argument("--out", metavar="FILE", required=True, help="for me.MeMo.load")
    parser.add_argument("--encoder", default="binding", help="%(default)s")
    for name, default in {"dim": 1024, "heads": 4, "layers": 3, "seed": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="%(default)s")
    options = vars(parser.parse_args(arguments))
    files, out = options.pop("files"), options.pop("out")
    checkpoint, model = Path(f"{out}.checkpoint"), MeMo(**options)
    memorize_corpus(files, model, checkpoint=checkpoint)
    model.save(out)
    checkpoint.unlink()
    print(f"{out}: {model!r}")
    return 0


def doctor(arguments):
    """Look whether all that the notebooks need is there, and say what to do where it is not."""
    from memo_edu.doctor import WRONG, examine, report

    parser = Parser(prog="memo-edu doctor", description=inspect.getdoc(COMMANDS["doctor"]))
    parser.parse_args(arguments)
    findings = examine()
    _show(report(findings))
    return int(any(finding.sign == WRONG for finding in findings))


def progress(arguments):
    """Show which exercises are done, chapter by chapter, as the notebooks were saved."""
    from memo_edu.progress import read_folder, report

    parser = Parser(prog="memo-edu progress", description=progress.__doc__)
    here = "notebooks" if Path("notebooks").is_dir() else "."
    about = "where the notebooks are (./notebooks if there is one, else the current folder)"
    parser.add_argument("folder", nargs="?", default=here, help=about)
    exercises, faults = read_folder(parser.parse_args(arguments).folder)
    for fault in faults:
        _show(f"memo-edu: {fault}", sys.stderr)
    _show(report(exercises))
    return 0


def lab(arguments):
    """Copy the notebooks to a folder of your own, and open them there in JupyterLab.

    Files that are in the folder already are kept as they are. Whatever else is given goes to
    JupyterLab: memo-edu lab my-notebooks --no-browser --port 9999
    """
    from jupyterlab.labapp import LabApp

    from memo_edu.notebooks import copy_to

    parser = Parser(prog="memo-edu lab", description=inspect.getdoc(lab))
    about = "made if need be (%(default)s)"
    parser.add_argument("folder", nargs="?", default="memo-edu-notebooks", help=about)
    parser.add_argument("options", nargs="*", metavar="...", help="see jupyter lab --help")
    own = bool(arguments) and (arguments[0] in ("-h", "--help") or arguments[0][:1] != "-")
    folder = parser.parse_args(arguments[:own]).folder
    new, kept = copy_to(folder)
    print(f"Copied to {folder}: {len(new)} files.")
    if kept:
        print(f"Kept as you have it, though not as in this version: {', '.join(map(str, kept))}.")
        print("For a fresh copy of all, name a folder that does not exist yet.")
    LabApp.launch_instance([folder, *OFFLINE, *arguments[own:]])
    return 0


def size(arguments):
    """Tell how large a model must be for a text, what memory it takes, and how long to memorize.

    Recall is predicted from the text, seconds from what this machine can do: a product's
    operations and the bytes of memory a second, measured now. An encoder whose windows share too
    many tokens may not reach the recall with any d.
    """
    from memo_edu import cost

    parser = Parser(prog="memo-edu size", description=inspect.getdoc(size))
    parser.add_argument("file", help="a text, in UTF-8")
    _add_parameters(parser, functools.partial(cost.size, ""))
    options = vars(parser.parse_args(arguments))
    text = Path(options.pop("file")).read_text(encoding="utf-8")
    records = cost.size(text, **options)
    counts = cost.counts(text, options["heads"])
    print(", ".join(f"{number:,} {what}" for what, number in counts.items()))
    print(f"{'encoder':12}{'d':>8}{'recall':>8}{'memory MB':>11}{'in use MB':>11}{'seconds':>9}")
    for record in records:
        print(_size_line(**record))
    if counts["tokens"] > cost.COMPARED:
        print(f"The projection's line is a rough guess, from the first {cost.COMPARED:,} tokens.")
    return 0


def assignment(arguments):
    """Hand out a problem set, or grade what came back; see the course guide.

    release makes the folder for the students, and a course directory for those who grade.
    grade takes a folder of submissions, or a zip from a course site, and writes grades.csv,
    summary.html, and a page for every student in feedback/. nbgrader does the work: its own
    commands understand the course directory.
    """
    about = inspect.getdoc(assignment)
    parser = Parser(prog="memo-edu assignment", description=about)
    ways = parser.add_subparsers(required=True, metavar="release|grade", dest="way")
    hand_out = ways.add_parser("release", help="make the students' folder", description=about)
    grade = ways.add_parser("grade", help="grade submissions", description=about)
    for way in (hand_out, grade):
        way.add_argument("assignment", help="such as ps1")
    hand_out.add_argument("out", help="the students' folder, made if need be")
    names = "give each student in FILE, a name a line, a folder with data of their own"
    hand_out.add_argument("--students", metavar="FILE", help=names)
    grade.add_argument("submissions", help="a folder, a zip, or one notebook")
    grade.add_argument("--out", metavar="FOLDER", help="for the grades (ps1-grades, …)")
    grade.add_argument("--jobs", type=int, help="submissions at a time (one a processor, up to 4)")
    for way in (hand_out, grade):
        way.add_argument("--course", metavar="FOLDER", default="course", help="%(default)s")
        way.add_argument("--seed", help="the secret of the course, any text; asked for only once")
    options = vars(parser.parse_args(arguments))
    if options.pop("way") == "release":
        from memo_edu.course.release import release

        release(**options)
        print(f"{options['out']} is for the students, {options['course']} is yours alone.")
        return 0
    from memo_edu.course.grade import grade as run

    results = run(**options)
    out = options["out"] or f"{options['assignment']}-grades"
    print(f"{len(results)} submissions: see {out}/summary.html, {out}/grades.csv, {out}/feedback/.")
    return 0


COMMANDS = {
    "lab": lab,
    "doctor": doctor,
    "progress": progress,
    "experiment": experiment,
    "bench": bench,
    "size": size,
    "memorize": memorize,
    "assignment": assignment,
}


def _show(text, file=None):
    """Print, but no sign that a terminal obeys; where λ can't be printed, ? will do."""
    file = sys.stdout if file is None else file
    coding = getattr(file, "encoding", None) or "utf-8"
    shown = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
    print(shown.encode(coding, "replace").decode(coding), file=file)


def _write_records(command, about, runs, arguments):
    """Run the function that is named first, with options for its parameters, and write CSV."""
    parser = Parser(prog=f"memo-edu {command}", description=about)
    names = parser.add_subparsers(required=True, metavar="|".join(runs))
    for name, run in runs.items():
        about = inspect.getdoc(run).partition("\n\nRaises:")[0]
        named = names.add_parser(name, help=about.splitlines()[0], description=about)
        named.set_defaults(run=run, name=name, figure=None)
        named.add_argument("--out", metavar="FILE", help="standard output")
        if name in DRAWN:
            named.add_argument("--figure", metavar="FILE", help="a picture, too, such as x.png")
        _add_parameters(named, run)
    options = vars(parser.parse_args(arguments))
    run, out, name, figure = (options.pop(key) for key in ("run", "out", "name", "figure"))
    if options.get("texts"):
        options["texts"] = [Path(name).read_text(encoding="utf-8") for name in options["texts"]]
    # Opened first, so that a wrong path is not found after hours; emptied only in the end.
    if figure:
        open(figure, "ab").close()
    with open(out, "a", encoding="utf-8") if out else contextlib.nullcontext(sys.stdout) as file:
        records = run(**options)
        if not records:
            raise KeyboardInterrupt
        if out:
            file.truncate(0)
        table = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(records)
    if figure:
        from memo_edu import figures

        getattr(figures, name)(records).figure.savefig(figure)
    return 0


def _size_line(encoder, dim, recall, megabytes, in_use, seconds):
    if dim is None:
        return f"{encoder:12}no d is enough: recall stays at about {recall:.3f}"
    return f"{encoder:12}{dim:8,}{recall:8.3f}{megabytes:11,.2f}{in_use:11,.1f}{seconds:9,.2f}"


def _add_parameters(parser, function):
    """Make an option of every parameter of a function."""
    for name, parameter in inspect.signature(function).parameters.items():
        needed, default = parameter.default is parameter.empty, parameter.default
        if isinstance(default, bool):
            kind = {"action": argparse.BooleanOptionalAction}
        elif isinstance(default, tuple):
            named = isinstance(default[0], str)
            kind = {"nargs": "+", "metavar": "NAME" if named else "N", "type": type(default[0])}
        elif name == "texts":
            kind = {"nargs": "+", "metavar": "FILE"}
        else:
            kind = {"type": type(default) if isinstance(default, (str, float)) else int}
        kind |= {"help": "needed"} if needed else {"default": default, "help": "%(default)s"}
        parser.add_argument("--" + name.replace("_", "-"), required=needed, **kind)

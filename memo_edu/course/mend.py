"""Lay a submission over the released notebook, so that every part of it can be graded.

The result has every cell of the released notebook once and in order, with the student's answers
in the places of the stubs; all other cells of the student's stand where they stood, after the cell
that they followed. Mended again, it changes no more, unless one of those other cells holds an
answer that is missing elsewhere: that is found then.
"""

import copy
import itertools

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_code_cell, new_markdown_cell
from traitlets import Bool

from memo_edu.course.execute import functions_in, is_test, name_of

TOP = "memo-edu-remarks"  # the id of the cell that says what was mended
START = "**Before it was graded, this notebook was mended.**\n\n"


class Mend(Preprocessor):
    """Mends a submission, as nbgrader's first step. The current folder is the course directory."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb, resources):
        """Mend one notebook."""
        about = resources["nbgrader"]
        path = f"release/{about['assignment']}/{about['notebook']}.ipynb"
        return mend(nb, nbformat.read(path, as_version=4)), resources


def mend(submission, released, remarks=()):
    """Return a notebook that nbgrader can grade.

    Args:
        submission: a notebook, in whatever state.
        released: the notebook that the student got.
        remarks: what is known already, one sentence each.

    Returns:
        A new notebook; its first cell says what was mended, if anything was.
    """
    remarks, cells = list(remarks), []
    for cell in submission.cells:
        if cell.get("id") == TOP and cell.source.startswith(START):
            remarks += cell.source.removeprefix(START).removeprefix("- ").split("\n- ")
        else:
            cells.append(copy.deepcopy(cell))
    plan = Plan(cells, released)
    made = nbformat.from_dict(copy.deepcopy(dict(released)))
    made.cells = plan.laid_over()
    if "memo_edu" in submission.metadata:
        made.metadata["memo_edu"] = submission.metadata["memo_edu"]
    remarks += [remark for remark in plan.remarks if remark not in remarks]
    if remarks:
        made.cells.insert(0, new_markdown_cell(START + "- " + "\n- ".join(remarks), id=TOP))
    _number(made.cells)
    return made


class Plan:
    """Which cell of a submission stands for which one of the released notebook."""

    def __init__(self, cells, released):
        self.cells, self.released = cells, released.cells
        self.ids = {cell.id for cell in released.cells}
        self.functions = [functions_in(cell.source).keys() for cell in cells]
        self.notes = {}  # what was noticed -> names of the cells it was noticed of
        self.by_name = {name_of(cell): i for i, cell in enumerate(released.cells) if name_of(cell)}
        self.stands_for = [self._known(cell) for cell in cells]
        self._find_lost_answers()

    @property
    def remarks(self):
        """What was noticed, one sentence each."""
        return [
            note.format(", ".join(name.removeprefix("answer-") for name in names))
            for note, names in self.notes.items()
        ]

    def _note(self, note, place):
        names = self.notes.setdefault(note, [])
        names.append(name_of(self.released[place]))

    def laid_over(self):
        """Return the cells in order."""
        followers = {place: [] for place in range(-1, len(self.released))}
        chosen, last, order = {}, -1, []
        mine = {place: self._of(place) for place in range(len(self.released))}
        for place, found in mine.items():
            if found:
                chosen[place] = self._choose(place, found)
        for i, cell in enumerate(self.cells):
            place = self.stands_for[i]
            if place is None:
                if cell.source.strip():
                    followers[last].append(_plain(cell, self.ids))
            elif chosen.get(place) == i:
                last = place
                order.append(place)
            elif self._worth_keeping(place, i):
                followers[last if last >= place else max(last, place - 1)].append(
                    _plain(cell, self.ids)
                )
        if order != sorted(order):
            self.notes["Cells had been moved; they are in the original order again."] = []
        if not any(name_of(self.released[place]) for place in order):
            self.notes["Nothing of the problem set is in this file: is it another notebook?"] = []
        result = followers[-1]
        for place, cell in enumerate(self.released):
            result += self._slot(place, cell, chosen.get(place)) + followers[place]
        return result

    def _known(self, cell):
        """The place that a cell names itself: by its mark, by its id, or by being the same."""
        name = name_of(cell)
        if name in self.by_name:
            return self.by_name[name]
        for place, other in enumerate(self.released):
            if cell.get("id") == other.id and cell.cell_type == other.cell_type:
                return place
        for place, other in enumerate(self.released):
            if cell.source.strip() == other.source.strip() and cell.cell_type == other.cell_type:
                return place
        return None

    def _find_lost_answers(self):
        """Look for answers among the cells that name no place."""
        for place, other in enumerate(self.released):
            if not _is_answer(other) or any(self._attempted(place, i) for i in self._of(place)):
                continue
            wanted = functions_in(other.source)
            if other.cell_type == "code":
                fit = [i for i in self._free() if wanted.keys() & self.functions[i]]
            else:
                fit = [i for i in self._after(place) if self.cells[i].cell_type == "markdown"]
            for i in fit:
                self.stands_for[i] = place
            if fit:
                how = "its name" if wanted else "its place"
                self._note(f"The answer {{}} was in another cell, and was found by {how}.", place)

    def _of(self, place):
        return [i for i, stands_for in enumerate(self.stands_for) if stands_for == place]

    def _free(self):
        return [i for i, place in enumerate(self.stands_for) if place is None]

    def _after(self, place):
        """Free cells right after the cell for a place, or after the one before it."""
        before = self._of(place) or self._of(place - 1)
        run = []
        for i in range(before[-1] + 1 if before else len(self.cells), len(self.cells)):
            if self.stands_for[i] is not None:
                break
            run.append(i)
        return run

    def _choose(self, place, found):
        """The cell that takes the slot, of all that claim it."""
        other = self.released[place]
        if len(found) == 1 or not _is_answer(other):
            return found[0]
        if other.cell_type == "markdown":
            texts = dict.fromkeys(self.cells[i].source.strip() for i in found)
            texts.pop(other.source.strip(), None)
            self.cells[found[0]].source = "\n\n".join(texts) or other.source
            self._note("The answer {} was in several cells.", place)
            return found[0]
        if self._join_halves(place, found):
            return found[0]
        tried = [i for i in found if self._attempted(place, i)] or found[:1]
        wanted = functions_in(other.source)
        full = [i for i in tried if wanted.keys() & self.functions[i]] or tried
        note = "The answer {} was there more than once"
        last = "; where they differ, the last one before the tests counts." if full[1:] else "."
        self._note(note + last, place)
        test = next(p for p in range(place, len(self.released)) if is_test(self.released[p]))
        early = [i for i in full if i < min(self._of(test), default=len(self.cells))]
        return (early or full)[-1]

    def _join_halves(self, place, found):
        """Put an answer together that was split; True if it was."""
        wanted = functions_in(self.released[place].source).keys()
        sources = [self.cells[i].source for i in found]
        whole = "\n".join(sources)
        apart = any(_is_broken(source) for source in sources) and not _is_broken(whole)
        if not apart or not wanted & functions_in(whole).keys():
            return False
        self.cells[found[0]].source = whole
        for i in found[1:]:
            self.cells[i].source = ""
        self._note("The answer {} was split; it is whole again.", place)
        return True

    def _attempted(self, place, i):
        """Whether a cell for a place holds anything else than what was released."""
        source = self.cells[i].source.strip()
        return bool(source) and source != self.released[place].source.strip()

    def _worth_keeping(self, place, i):
        """Whether a further cell for a place holds anything of the student's own."""
        about = self.released[place].metadata.get("nbgrader", {})
        ours = about.get("locked") or about.get("grade")
        return self._attempted(place, i) and self.cells[i].cell_type == "code" and not ours

    def _slot(self, place, other, i):
        """The cell for a place of the released notebook."""
        about, cell = other.metadata.get("nbgrader"), copy.deepcopy(other)
        wanted = functions_in(other.source)
        if _is_answer(other) and other.cell_type == "code":
            cell.metadata["memo_edu"] = {"defines": wanted}
        if i is None:
            if about or other.cell_type == "code":
                if about:
                    kind = "cell for the answer" if _is_answer(other) else "given cell"
                    self._note(f"The {kind} {{}} had been deleted; it is back.", place)
                return [cell]
            return []
        if about is None or about.get("solution"):
            cell.source = self.cells[i].source
        elif self._attempted(place, i):
            self._note("The given cell {} had been changed; it is restored.", place)
        if _is_answer(other) and other.cell_type == "code":
            found = functions_in(cell.source)
            missing, others = wanted.keys() - found.keys(), found.keys() - wanted.keys()
            if len(others) == 1 and len(missing) == 1:
                called = f"The function `{min(missing)}` is called `{min(others)}`"
                self._note(f"{called}; it is graded if it takes as many arguments.", place)
        return [cell]


def _is_answer(cell):
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def _is_broken(source):
    try:
        compile(source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


def _plain(cell, given):
    """A cell of the student's own: no marks of nbgrader's on it, and no id of a given cell's."""
    own = cell.get("id", "own")
    new_cell = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    return new_cell(cell.source, id="own" if own in given else own)


def _number(cells):
    """Give every cell an id of its own."""
    taken, seen = {cell.id for cell in cells}, set()
    for i, cell in enumerate(cells):
        if cell.id in seen:
            numbers = itertools.count(i)
            cell["id"] = next(own for n in numbers if (own := f"own-{n}") not in taken)
            taken.add(cell.id)
        seen.add(cell.id)

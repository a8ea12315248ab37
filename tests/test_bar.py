"""The experiments' bar: as ever at a terminal; a stored notebook shows no trace of it."""

import nbformat
from nbclient import NotebookClient

from memo_edu.experiments import prose_recall


def outputs(*cells):
    """Run cells in a kernel of their own, and return the outputs of the last one."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, startup_timeout=120).execute()
    return notebook.cells[-1].outputs


def test_a_stored_notebook_shows_a_bar_without_text():
    run = 'prose_recall(["a cup of tea"], 64, 1, encoders=["binding"]);'
    (bar,) = outputs("from memo_edu.experiments import prose_recall", run)
    assert bar.output_type == "display_data"
    assert bar.data.pop("application/vnd.jupyter.widget-view+json")["model_id"]
    assert bar.data == {"text/plain": ""}


def test_a_full_bar_goes_and_an_interrupted_one_stays():
    imports = "from memo_edu.experiments.bar import progress_bar"
    made = "bars = [progress_bar(total=2, desc=word) for word in ('full', 'stopped')]"
    used = "bars[0].update(2); bars[1].update(1); [bar.close() for bar in bars]"
    (seen,) = outputs(imports, made, used, "[bar.container.comm is None for bar in bars]")
    assert seen.data["text/plain"] == "[True, False]"


def test_at_a_terminal_the_bar_is_full_and_stays(capsys):
    prose_recall(["a cup of tea"], 64, 1, encoders=["binding"])
    assert "prose: 100%|" in capsys.readouterr().err

"""Every figure has labels that can be read, marks besides colour, and words for its picture."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes

from memo_edu import plots

mpl.use("Agg")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def heat_map(**options):
    rows, columns = [" tea", "cup"], ["a", "b", "c"]
    return plots.heat_map(np.arange(6).reshape(2, 3) - 2, rows, columns, "memory", **options)


def histogram(**options):
    samples = {"wrong": RNG.standard_normal(99), "right": RNG.standard_normal(99) + 3}
    curve = ("predicted", np.linspace(-3, 3, 50), np.ones(50))
    return plots.histogram(samples, 20, "score", curve, "scores", **options)


def lines(**options):
    series = {"binding": [1, 0.9, 0.8], "projection": [1, 0.5, 0.2]}
    return plots.lines([1, 2, 3], series, "texts", "recall", "many texts", **options)


def bars(**options):
    return plots.bars({" tea": 2.9, "cup": -0.5}, "score", "votes", mark=" tea", **options)


def bar_groups(**options):
    series = {"layer 1": {" tea": 1.0, "cup": 0.5}, "layer 2": {" tea": 0.9, "cup": 0.0}}
    return plots.bar_groups(series, "vote", "votes of two layers", **options)


FIGURES = [heat_map, histogram, lines, bars, bar_groups]
every_figure = pytest.mark.parametrize("draw", FIGURES)


def title(ax):
    return ax.get_title(loc="left")  # where the house style puts it


def texts(labels):
    return [label.get_text() for label in labels]


@every_figure
def test_it_returns_axes_that_can_be_drawn(draw):
    ax = draw()
    assert isinstance(ax, Axes)
    assert title(ax)
    ax.figure.canvas.draw()


@every_figure
def test_it_draws_where_it_is_told(draw):
    figure, ax = plt.subplots()
    assert draw(ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


def test_labels_are_where_they_belong():
    ax = histogram()
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("score", "density", "scores")
    assert sorted(texts(ax.get_legend().get_texts())) == ["predicted", "right", "wrong"]
    ax = lines()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("texts", "recall")
    assert texts(ax.get_legend().get_texts()) == ["binding", "projection"]
    ax = bars()
    assert ax.get_xlabel() == "score"
    ax = heat_map()
    assert texts(ax.get_xticklabels()) == ["a", "b", "c"]
    assert texts(ax.get_yticklabels()) == ["·tea", "cup"]


def test_lines_differ_by_marker_and_dash_too():
    ax = plots.lines([1, 2], {f"s{i}": [i, i] for i in range(6)}, "x", "y")
    assert len({(line.get_marker(), line.get_linestyle()) for line in ax.lines}) == 6
    assert len({line.get_marker() for line in ax.lines}) == 6
    assert len({line.get_color() for line in ax.lines}) == 6
    assert [list(line.get_ydata()) for line in ax.lines] == [[i, i] for i in range(6)]


def test_no_line_is_left_out():
    ax = plots.lines([1, 2], {f"s{i}": [i, i] for i in range(9)}, "x", "y")
    assert len(ax.lines) == 9


def test_one_line_needs_no_legend():
    assert plots.lines([1, 2], {"recall": [1, 0]}, "texts", "recall").get_legend() is None


def test_histogram_is_a_density_and_its_samples_differ_by_hatch():
    ax = plots.histogram({"a": np.ones(10), "b": np.zeros(10)}, [-0.5, 0.5, 1.5], "x")
    heights = np.array([[bar.get_height() for bar in drawn] for drawn in ax.containers])
    assert heights.tolist() == [[0, 1], [1, 0]]
    assert len({drawn[0].get_hatch() for drawn in ax.containers}) == 2


def test_heat_map_writes_the_numbers_of_a_small_matrix_only():
    small, large = heat_map(), plots.heat_map(np.ones((11, 10)))
    assert texts(small.texts) == ["-2", "-1", "0", "1", "2", "3"]
    assert texts(large.texts) == []


def test_heat_map_colours_are_even_about_zero():
    (image,) = heat_map().images
    assert image.get_clim() == (-3, 3)
    assert plots.heat_map(np.ones((2, 2)), limit=9).images[0].get_clim() == (-9, 9)
    assert plots.heat_map(np.zeros((2, 2))).images[0].get_clim() == (-1, 1)


def test_bars_mark_the_winner_by_star_and_hatch():
    ax = bars()
    assert texts(ax.get_yticklabels()) == ["★ ·tea", "cup"]
    assert [bar.get_hatch() for bar in ax.patches] == ["///", None]
    assert [bar.get_width() for bar in ax.patches] == [2.9, -0.5]
    assert ax.yaxis_inverted()  # the first is on top


def test_bars_whose_names_look_alike_are_marked_rightly():
    ax = plots.bars({"·tea": 1, " tea": 2}, "score", mark=" tea")
    marked = [label.startswith("★") for label in texts(ax.get_yticklabels())]
    assert marked == [bar.get_hatch() is not None for bar in ax.patches]


def test_bars_without_a_mark():
    ax = plots.bars({"a": 1, "b": 2}, "score")
    assert [bar.get_hatch() for bar in ax.patches] == [None, None]


def test_groups_of_bars_differ_by_hatch_and_stand_side_by_side():
    ax = bar_groups()
    assert texts(ax.get_yticklabels()) == ["·tea", "cup"]
    assert texts(ax.get_legend().get_texts()) == ["layer 1", "layer 2"]
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.5, 0.9, 0.0]
    assert len({bar.get_hatch() for bar in ax.patches}) == 2
    places = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bar in ax.patches)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))


def test_predicted_lines_are_told_from_measured_ones():
    ax = plots.lines([1, 2], {"measured": [1, 0]}, "x", "y", predicted={"theory": [1, 0.1]})
    marks = {line.get_label(): (line.get_marker(), line.get_linestyle()) for line in ax.lines}
    assert marks["measured"] != marks["theory"]
    assert sorted(texts(ax.get_legend().get_texts())) == ["measured", "theory"]


def test_picture_has_words():
    picture = plots.show(bars(), 'Tea <wins> with "2.9".')
    assert repr(picture) == 'Picture: Tea <wins> with "2.9".'
    shown = picture._repr_html_()
    assert 'alt="Tea &lt;wins&gt; with &quot;2.9&quot;."' in shown
    assert "data:image/png;base64," in shown
    assert picture.png.startswith(b"\x89PNG")
    assert plt.get_fignums() == []  # the figure is closed, so it is not shown twice


def test_picture_of_several_axes():
    _, axes = plt.subplots(1, 2)
    for ax in axes:
        bars(ax=ax)
    assert plots.show(axes, "Twice the same.").alt == "Twice the same."


def test_the_same_figure_is_the_same_picture():
    assert plots.show(bars(), "a").png == plots.show(bars(), "a").png


def over_theory(**options):
    measured = {"d = 4": ([10, 100], [0.9, 0.5]), "d = 8": ([10, 1000], [1.0, 0.25])}
    predicted = {name: ([1, 10, 1000], [1.0, 0.8, 0.2]) for name in reversed(measured)}
    return plots.theory_over_measurement(
        measured, predicted, "pairs", "recall", "one memory", **options
    )


def test_measurement_is_points_and_theory_lines_of_the_same_colour():
    ax = over_theory()
    drawn = {}
    for line in ax.lines[:-1]:
        drawn.setdefault(line.get_color(), []).append((line.get_marker(), line.get_linestyle()))
    assert len(drawn) == 2
    for line, points in drawn.values():
        assert line[0] == "None" != points[0]
        assert line[1] != "None" == points[1]
    assert len({points[0] for _, points in drawn.values()}) == 2
    assert len({line[1] for line, _ in drawn.values()}) == 2
    assert [list(line.get_ydata()) for line in ax.lines[1:4:2]] == [[0.9, 0.5], [1.0, 0.25]]
    assert [list(line.get_ydata()) for line in ax.lines[0:4:2]] == [[1.0, 0.8, 0.2]] * 2
    assert texts(ax.get_legend().get_texts()) == ["d = 4", "d = 8", "theory (lines)"]
    assert (ax.get_xlabel(), ax.get_ylabel(), title(ax)) == ("pairs", "recall", "one memory")


def test_the_band_is_where_chance_puts_95_percent_of_the_points():
    ax = over_theory(answers=64)
    assert "95% band" in texts(ax.get_legend().get_texts())[-1]
    (path,) = ax.collections[0].get_paths()
    at_ten = sorted({y for x, y in path.vertices.tolist() if x == 10})
    assert at_ten == pytest.approx([0.8 - 1.96 * 0.05, 0.8 + 1.96 * 0.05])
    assert path.vertices[:, 1].max() == 1  # no share is above 1
    assert not over_theory().collections


def test_a_logarithmic_axis_has_a_tick_at_each_measured_value():
    ax = over_theory(log="xy")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert texts(ax.get_xticklabels()) == ["10", "100", "1,000"]
    ax.figure.canvas.draw()


def test_theory_is_drawn_where_it_is_told():
    figure, ax = plt.subplots()
    assert over_theory(ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


def piled_up(**options):
    votes = {"layer 1": {"tea": 1, " cup": 2}, "layer 2": {"tea": -0.5, " cup": 0.5}}
    return plots.stacked_bars(votes, "votes", "one memory", **options)


def test_stacked_bars_begin_where_the_last_part_ends_and_go_left_below_zero():
    ax = piled_up()
    parts = [(bar.get_x(), bar.get_width()) for bar in ax.patches if bar.get_width()]
    assert sorted(parts) == [(0, -0.5), (0, 1), (0, 2), (2, 0.5)]
    (diamonds,) = [line for line in ax.lines if line.get_marker() == "D"]
    assert list(diamonds.get_xdata()) == [0.5, 2.5]
    assert ax.yaxis_inverted()
    assert (ax.get_xlabel(), title(ax)) == ("votes", "one memory")


def test_stacked_bars_name_each_part_once_and_tell_it_by_more_than_colour():
    ax = piled_up(mark=" cup")
    assert texts(ax.get_legend().get_texts()) == ["layer 1", "layer 2", "sum"]
    assert texts(ax.get_yticklabels()) == ["tea", "★ ·cup"]
    hatches = {bar.get_facecolor(): bar.get_hatch() for bar in ax.patches}
    assert len(hatches) == len(set(hatches.values())) == 2


def test_stacked_bars_are_drawn_where_they_are_told():
    figure, ax = plt.subplots()
    assert piled_up(ax=ax) is ax
    assert plt.get_fignums() == [figure.number]


STORY = ["The", " tea", " is", " hot", ".", "\n\nThe", " cup", "\n"]


def story(**options):
    return plots.text(STORY, [0, 1, -2, 0, 0, 0, 0.5, 0], "votes", "who said it", **options)


def lines_of(ax):
    """What is written in each line, put together in the order of the columns."""
    found = {}
    for word in ax.texts:
        found.setdefault(word.get_position()[1], []).append((word.get_position()[0], word))
    return ["".join(w.get_text() for _, w in sorted(line)) for _, line in sorted(found.items())]


def test_a_text_is_set_in_lines_that_end_before_white_space():
    assert lines_of(story()) == ["The tea is hot.", "The cup", "⏎"]
    assert lines_of(story(width=11)) == ["The tea is", "hot.", "The cup", "⏎"]
    assert lines_of(story(width=3)) == ["The", "tea", "is", "hot.", "The", "cup", "⏎"]


def test_each_token_has_its_colour_and_its_place():
    ax = story()
    cells = [(patch.get_x(), patch.get_y(), patch.get_width()) for patch in ax.patches]
    assert cells[:3] == [(0, 0, 3), (4, 0, 3), (8, 0, 2)]
    red, _, blue, _ = ax.patches[2].get_facecolor()
    assert red > 0.4 > 0.1 > blue  # -2, the largest: orange; its text is white
    assert ax.texts[2].get_color() == "white"
    assert ax.texts[1].get_color() == "black"
    assert np.allclose(ax.patches[3].get_facecolor()[:3], 0.97, atol=0.02)
    red, green, blue, _ = ax.patches[1].get_facecolor()
    assert blue > red > green  # 1: purple
    assert story(limit=4).patches[1].get_facecolor() != ax.patches[1].get_facecolor()
    assert title(ax) == "who said it"
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert bar.get_xlabel() == "votes"


def test_marked_tokens_are_framed():
    frames = [patch.get_linewidth() > 0 for patch in story(marks=[1, 6]).patches]
    assert np.flatnonzero(frames).tolist() == [1, 6]


def test_a_text_fits_its_cells():
    ax = plots.text(["m" * 40], [1], "votes")
    ax.figure.canvas.draw()
    drawn, cell = ax.texts[0].get_window_extent(), ax.patches[0].get_window_extent()
    assert drawn.width == pytest.approx(cell.width, rel=0.03)
    assert not plots.text([], [], "votes").patches  # an empty text is no error


def test_a_number_too_few_is_refused():
    with pytest.raises(ValueError, match="zip"):
        plots.text(["tea", " cup"], [1], "votes")


def test_numbers_can_be_read_on_every_colour_of_the_scale():
    def light(colour):
        rgb = np.array(mpl.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    for row in np.linspace(-1, 1, 201).reshape(3, 67):
        ax = plots.heat_map(row[None], limit=1)
        for share, number in zip(row, ax.texts, strict=True):
            ground = light(mpl.colormaps["PuOr"]((share + 1) / 2))
            dark, bright = sorted([ground, light(number.get_color())])
            assert (bright + 0.05) / (dark + 0.05) > 4.4, share


# ---- Names are names, not formulas -----------------------------------------------------------

NAME = r"costs $\frac$ or \$x$"  # as a formula it would end in an error
VALUES = {NAME: 1.0, "b": 2.0}
NAMED = [
    lambda: plots.bars(VALUES, "x"),
    lambda: plots.bar_groups({"series": VALUES}, "x"),
    lambda: plots.bar_groups({NAME: {"a": 1.0}}, "x"),
    lambda: plots.stacked_bars({"series": VALUES}, "x"),
    lambda: plots.stacked_bars({NAME: {"a": 1.0}}, "x"),
    lambda: plots.heat_map(np.eye(2), columns=[NAME, "b"]),
    lambda: plots.heat_map(np.eye(2), rows=[NAME, "b"]),
    lambda: plots.heat_maps({NAME: np.eye(2)})[0],
    lambda: plots.histogram({NAME: [1, 2]}, 2, "x"),
    lambda: plots.histogram({"a": [1, 2]}, 2, "x", (NAME, [1, 2], [0, 1])),
    lambda: plots.histograms({NAME: {"a": [1, 2]}}, 2, "x")[0],
    lambda: plots.lines([1, 2], {NAME: [1, 2], "b": [1, 2]}, "x", "y"),
    lambda: plots.lines([1, 2], {"a": [1, 2]}, "x", "y", predicted={NAME: [1, 2]}),
    lambda: plots.theory_over_measurement({NAME: ([1], [1])}, {NAME: ([1], [1])}, "x", "y"),
    lambda: plots.text([NAME, " b"], [1, 2], "votes"),
]


@pytest.mark.parametrize("draw", NAMED)
def test_a_dollar_in_a_name_is_drawn_as_a_dollar(draw):
    ax = draw()
    ax.figure.canvas.draw()
    found = [text for text in ax.findobj(mpl.text.Text) if "frac" in text.get_text()]
    assert found
    for text in found:
        shown, is_formula = text._preprocess_math(text.get_text())
        assert not is_formula
        assert shown.replace("·", " ") == NAME

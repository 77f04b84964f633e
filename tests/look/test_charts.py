"""Pictures carry their words and their figures; a hidden count cannot be read off them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from .reading import Page

Read = Callable[..., Page]
LABELS = ["Q1", "Q2", "Q3"]
TREND = "{{ charts.trend('t', 'Placements grew', 'From 40 to 60.', labels, series) }}"
MAP = "{{ charts.county_map('m', 'Two counties lead', 'As the table says.', places) }}"


def trend(read: Read, *values: Any) -> Page:
    return read(TREND, labels=LABELS, series=[{"label": "Placed", "values": list(values)}])


def test_a_chart_is_drawn_wide_and_narrow_with_title_and_description(read: Read) -> None:
    page = trend(read, 40, 50, 60)
    wide, narrow = page.all("svg")
    assert wide.attrs["viewbox"].startswith("0 0 480")
    assert narrow.attrs["viewbox"].startswith("0 0 300")
    for picture in (wide, narrow):
        assert picture.has(role="img")
        title, desc = picture.attrs["aria-labelledby"].split()
        assert page.one(id=title).text == "Placements grew"
        assert page.one(id=desc).text == "From 40 to 60."


def test_lines_that_end_together_keep_their_names_apart(read: Read) -> None:
    lines = [{"label": f"Line {n}", "values": [n, 3]} for n in range(4)]
    page = read(TREND.replace("series)", "series, since=1)"), labels=LABELS[:2], series=lines)
    ends = [float(each.attrs["y"]) for each in page.all("text", class_="halo")]
    for picture in (ends[:4], ends[4:]):
        apart = [abs(one - other) for one, other in itertools.combinations(picture, 2)]
        assert (len(apart), min(apart) >= 15) == (6, True)
    assert len(page.all("rect", class_="trk")) == 2, "the period is shaded, wide and narrow"


def test_the_same_figures_stand_in_a_table(read: Read) -> None:
    page = trend(read, 40, None, 1260)
    assert [row.text for row in page.all("tr")] == ["PeriodPlaced", "Q140", "Q2hidden", "Q31,260"]


def test_a_line_runs_from_its_first_to_its_last_value(read: Read) -> None:
    line = trend(read, 0, 50, 100).all("path", class_="l1")[0].attrs["d"]
    assert line == "M40.0 210.0h0L250.0 122.5L460.0 35.0"


def test_a_hidden_value_breaks_the_line_at_one_fixed_place(read: Read) -> None:
    page = trend(read, 40, None, 60)
    assert page.all("path", class_="l1")[0].attrs["d"].count("M") == 2
    assert {c.attrs["cy"] for c in page.all("circle", class_="hid")} == {"210"}


def test_a_trend_of_nothing_is_still_a_picture(read: Read) -> None:
    assert len(trend(read, None, None, None).all("svg")) == 2
    assert len(read(TREND, labels=[], series=[{"label": "Placed", "values": []}]).all("svg")) == 2


def test_direct_labels_do_not_lie_on_each_other(read: Read) -> None:
    series = [{"label": "Asked", "values": [1, 2, 100]}, {"label": "Placed", "values": [1, 2, 99]}]
    page = read(TREND, labels=LABELS, series=series)
    ys = [float(t.attrs["y"]) for t in page.all("text", class_="lab")][:2]
    assert abs(ys[0] - ys[1]) >= 15


def test_a_flow_splits_into_what_goes_on_and_what_leaves(read: Read) -> None:
    stages = [
        {"label": "Asked", "value": 100},
        {"label": "Placed", "value": 60, "aside": {"label": "Waiting", "value": 40}},
    ]
    page = read("{{ charts.flow('f', 'Flow', '100 asked.', stages) }}", stages=stages)
    heights = [r.attrs["height"] for r in page.all("rect")][:3]
    assert heights == ["180.0", "72.0", "108.0"]
    assert [row.text for row in page.all("tr")] == ["StepNumber", "Asked100", "Waiting40", "Placed60"]


def test_a_flow_of_nothing_does_not_fail(read: Read) -> None:
    page = read("{{ charts.flow('f', 'Flow', 'None.', [{'label': 'Asked', 'value': 0}]) }}")
    assert page.all("rect")[0].attrs["height"] == "0.0"


def test_counties_are_shaded_and_hidden_ones_only_outlined(read: Read) -> None:
    places = [{"label": "Bernalillo", "value": 678}, {"label": "Harding", "value": 0}, {"label": "Mora", "value": None}]
    page = read(MAP, places=places)
    assert [r.attrs["class"] for r in page.all("rect")] == ["q5", "q0", "hid"] * 2
    assert [row.text for row in page.all("tr")][1:] == ["Bernalillo678", "Harding0", "Morahidden"]


def test_a_map_of_hidden_counts_only_does_not_fail(read: Read) -> None:
    assert len(read(MAP, places=[{"label": "Mora", "value": None}]).all("rect", class_="hid")) == 2


def test_dots_are_one_for_each_ten_people(read: Read) -> None:
    groups = [{"label": "Helped", "value": 120}, {"label": "Sent on", "value": 30}, {"label": "Waiting", "value": 10}]
    page = read("{{ charts.dots('d', 'Who asked', '16 dots.', groups) }}", groups=groups)
    drawn = [circle for circle in page.all("circle") if "p" not in circle.inside]
    assert len(drawn) == 32
    assert len([circle for circle in drawn if circle.has(class_="f1")]) == 24
    assert page.one("p").text == "Helped 120Sent on 30Waiting 10"


def test_progress_never_runs_over_its_end(read: Read) -> None:
    page = read("{{ charts.progress('60 of 50 hours', 60, 50) }}{{ charts.progress('None', 0, 0) }}")
    assert [r.attrs["width"] for r in page.all("rect", class_="f1")] == ["300", "0"]


def test_a_line_whose_end_is_hidden_has_its_label_at_the_last_value_shown(read: Read) -> None:
    word = trend(read, 40, None, None).all("text", class_="lab")[0]
    assert (word.text, word.attrs["x"], word.attrs["text-anchor"]) == ("Placed 40", "40.0", "start")

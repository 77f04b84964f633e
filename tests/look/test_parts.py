"""Each part says in words what it shows in shape and colour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from .reading import Page

Read = Callable[..., Page]


@pytest.mark.parametrize(
    ("level", "word", "bars"),
    [("critical", "Critical", 4), ("high", "High", 3), ("normal", "Normal", 2), ("low", "Low", 1)],
)
def test_a_priority_is_a_word_beside_its_bars(read: Read, level: str, word: str, bars: int) -> None:
    page = read("{{ parts.priority(level) }}", level=level)
    assert page.one("span", class_="prio").text == word
    assert page.one("use").attrs["href"].endswith(f"#p{bars}")
    assert page.one("svg").has(aria_hidden="true")


def test_a_priority_with_factors_opens_them_with_their_points(read: Read) -> None:
    factors = [{"label": "Hearing in 2 days", "points": 50}, {"label": "Safety", "points": 20}]
    page = read("{{ parts.priority('high', 70, factors, url='/override') }}", factors=factors)
    assert page.one("summary").text == "High70 points, show reasons"
    assert [row.text for row in page.all("tr")] == ["Hearing in 2 days50", "Safety20"]
    assert page.one("caption").text == "70 points"
    assert page.one("a").has(href="/override")


def test_a_case_without_priority_says_so(read: Read) -> None:
    assert read("{{ parts.priority(none) }}").one("span").text == "Not yet rated"


def test_a_day_says_how_far_off_it_is(read: Read) -> None:
    page = read("{{ parts.due(day, 'Hearing', late=true) }}", day=date(2026, 11, 24))
    assert page.one("span", class_="late").text == "Hearing Tue, Nov 24, in 6 days"
    assert page.one("time").has(datetime="2026-11-24")
    assert read("{{ parts.due(none) }}").one("span").text == "No date set"


def test_a_pad_with_an_id_is_a_section_named_by_its_title(read: Read) -> None:
    page = read("{% call parts.pad('Call the client', id='call') %}<p>today</p>{% endcall %}")
    assert page.one("section", class_="pad").attrs["aria-labelledby"] == page.one("h2").attrs["id"] == "call"


def test_two_pads_of_one_page_share_no_id(read: Read) -> None:
    pad = "{% call parts.pad('Call the client') %}<p>today</p>{% endcall %}"
    assert "id" not in read(pad).one("h2").attrs


def test_the_track_names_the_step_the_case_is_at(read: Read) -> None:
    steps = [
        {"label": "Placed", "state": "done"},
        {"label": "In service", "state": "now", "note": "day 15"},
        {"label": "Closed"},
    ]
    page = read("{{ parts.track(steps) }}", steps=steps)
    assert page.one("li", aria_current="step").text == "In serviceday 15"
    assert page.all("li")[0].text == "Placed (done)"


def test_progress_is_told_in_words_and_the_segments_are_silent(read: Read) -> None:
    page = read("{{ parts.steps(4, 9, 8, '10:42 am') }}")
    assert page.one("p").text == "Question 4 of 9 · about 8 minutes left Saved 10:42 am"
    assert len(page.all("li", class_="done")) == 3
    assert page.one("ol").has(aria_hidden="true")


def test_answers_that_clash_are_told_in_words(read: Read) -> None:
    rows = [
        {"day": "Day 15", "clash": True, "volunteer": {"text": "On track"}, "client": {"text": "Nobody called"}},
        {"day": "next", "volunteer": {"text": "Asked Nov 21", "none": True}, "client": None},
    ]
    page = read("{{ parts.lanes(rows) }}", rows=rows)
    assert page.one("tr", class_="clash").text == "On trackDay 15. They do not agreeNobody called"
    assert [a.text for a in page.all(class_="none")] == ["Asked Nov 21", "None due"]
    assert [h.text for h in page.all("th", scope="col")] == ["Volunteer", "Day", "Client"]


def test_a_queue_row_acts_on_a_named_thing(read: Read) -> None:
    item = {"when": "by 4 pm", "state": "soon", "title": "Call Ana", "url": "/a", "level": "high", "detail": "Asked.",
            "actions": [{"label": "Done", "url": "/done", "post": True}, {"label": "Open", "url": "/a"}]}  # fmt: skip
    page = read("{{ parts.queue([item]) }}", item=item)
    assert page.one("button").text == "Done: Call Ana"
    assert page.one("form").has(method="post", action="/done")
    assert page.one("a", class_="two").text == "Open: Call Ana"


def test_bars_are_a_table_drawn_to_the_longest(read: Read) -> None:
    rows = [{"label": "High", "value": 10}, {"label": "Low", "value": 40}, {"label": "Rare", "hidden": True}]
    page = read("{{ parts.bars('By priority', rows) }}", rows=rows)
    assert page.one("caption").text == "By priority"
    assert [td.text for td in page.all("td", class_="r")] == ["10", "40", "hidden"]
    assert [r.attrs["width"] for r in page.all("rect", class_="f1")] == ["25.0", "100.0"]
    assert page.one("rect", class_="hid")


def test_a_hidden_bar_looks_the_same_whatever_the_number(read: Read) -> None:
    def bar(value: int) -> list[dict[str, str]]:
        rows = [{"label": "Rare", "hidden": True, "value": value}, {"label": "All", "value": 100}]
        return [e.attrs for e in read("{{ parts.bars('x', rows) }}", rows=rows).elements]

    assert bar(1) == bar(9)


def test_bars_of_nothing_do_not_fail(read: Read) -> None:
    assert read("{{ parts.bars('x', [{'label': 'None', 'value': 0}]) }}").one("rect").attrs["width"] == "0"


def test_fit_is_read_aloud_term_by_term(read: Read) -> None:
    terms = [{"label": "expertise", "value": 380, "most": 380}, {"label": "language", "value": 0, "most": 150}]
    page = read("{{ parts.fit(terms, 380) }}", terms=terms)
    assert page.one("svg").has(role="img", aria_label="expertise 380 of 380, language 0 of 150")
    assert len(page.all("rect", class_="f2")) == 1


@pytest.mark.parametrize(("day", "of", "filled"), [(0, 10, 0), (4, 10, 4), (30, 30, 10), (45, 30, 10), (1, 3, 1)])
def test_a_referral_clock_fills_its_cells(read: Read, day: int, of: int, filled: int) -> None:
    page = read("{{ parts.clock(day, of) }}", day=day, of=of)
    assert len(page.all("rect", class_="f1")) == filled
    assert page.one("span", class_="small").text == f"day {day} of {of}"


def test_the_chosen_view_is_marked_and_counts_stand_beside(read: Read) -> None:
    items = [{"label": "Mine", "url": "?mine=1", "current": True, "count": 1021}, {"label": "All", "url": "?all=1"}]
    page = read("{{ parts.chips(items, 'Views') }}", items=items)
    assert page.one("a", aria_current="true").text == "Mine · 1,021"
    assert page.one("nav").has(aria_label="Views")


def test_a_row_is_chosen_by_a_named_box(read: Read) -> None:
    box = read("{{ parts.pick('7', '26-01412') }}").one("input")
    assert box.has(type="checkbox", value="7", name="id", aria_label="Choose 26-01412")


def test_choosing_all_needs_script_and_hides_without(read: Read) -> None:
    assert "hidden" in read("{{ parts.pick_all() }}").one("input").attrs


def test_the_pager_says_where_it_stands(read: Read) -> None:
    page = read("{{ parts.pager(51, 100, 1213, previous='?page=1') }}")
    assert page.one("span", class_="dim").text == "51 to 100 of 1,213"
    assert [a.text for a in page.all("a")] == ["Previous"]
    assert not read("{{ parts.pager(0, 0, 0) }}").elements


def test_a_sorted_column_says_its_direction(read: Read) -> None:
    heads = "{{ parts.sort('Case', '?sort=-case', 'ascending') }}{{ parts.sort('Place', '?sort=p') }}"
    page = read(f"<table><tr>{heads}</tr></table>")
    assert [th.attrs.get("aria-sort") for th in page.all("th")] == ["ascending", None]


def test_a_confirmation_is_a_post_that_names_both_ways_out(read: Read) -> None:
    asked = "'End it?', '/end', 'End it', '/case', danger=true, fields={'id': ['1', '2']}"
    page = read(f"{{% call parts.confirm({asked}) %}}Gone.{{% endcall %}}")
    assert page.one("form").has(method="post", action="/end")
    assert [e.attrs["value"] for e in page.all("input", name="id")] == ["1", "2"]
    assert page.one("button", class_="stop").text == "End it"
    assert page.one("a").has(href="/case")


def test_text_from_people_is_never_markup(read: Read) -> None:
    evil = "<script>alert(1)</script>"
    calls = [
        "parts.tag(e)", "parts.note(e)", "parts.kv([{'label': e, 'value': e}])", "parts.facts([{'text': e}])",
        "parts.history([{'title': e, 'when': e, 'body': e}])", "parts.queue([{'title': e, 'url': '/x', 'detail': e}])",
        "parts.why([{'text': e}])", "parts.bars(e, [{'label': e, 'value': 1}])", "parts.empty(e, e)",
        "parts.heading(e, e, e)", "charts.trend('t', e, e, [e, e], [{'label': e, 'values': [1, 2]}])",
        "charts.county_map('m', e, e, [{'label': e, 'value': 1}])",
    ]  # fmt: skip
    text = "".join(f"{{{{ {call} }}}}" for call in calls)
    page = read(text, e=evil)
    assert not page.all("script")
    assert sum(evil in element.text for element in page.elements) > 12

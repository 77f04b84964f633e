"""Forms say what is wrong, lead to it, and keep what was typed."""

from __future__ import annotations

from collections.abc import Callable

from .gallery import CaseForm, PeopleForm, QuestionForm, bound
from .reading import Page

Read = Callable[..., Page]


def test_the_summary_takes_focus_and_links_to_every_field_that_failed(read: Read) -> None:
    page = read("{{ forms.form(form) }}", form=bound(CaseForm, income="a lot"))
    summary = page.one("div", class_="errors")
    assert summary.has(role="alert", tabindex="-1")
    assert "autofocus" in summary.attrs
    assert "3 things need your attention" in summary.text
    targets = [a.attrs["href"].removeprefix("#") for a in page.all("a") if a.attrs["href"].startswith("#")]
    assert targets == ["title", "income", "areas-0"]
    for target in targets:
        assert page.one(id=target).tag == "input"


def test_the_summary_lists_errors_in_the_order_in_which_the_page_asks(read: Read) -> None:
    order = "{{ forms.field(form.areas) }}{{ forms.field(form.title) }}{{ forms.field(form.income) }}"
    form = bound(CaseForm, income="a lot")
    form.form_errors = ["Somebody else saved first"]
    page = read("{% call forms.form(form) %}" + order + "{% endcall %}", form=form)
    said = page.all("li")
    assert said[0].text == "Somebody else saved first"
    targets = [a.attrs["href"] for a in page.all("a") if a.attrs["href"].startswith("#")]
    assert targets == ["#areas-0", "#title", "#income"]


def test_one_wrong_thing_is_told_in_the_singular(read: Read) -> None:
    page = read("{{ forms.errors(form) }}", form=bound(CaseForm, title="A", areas="family", income="x"))
    assert page.one("h2").text == "One thing needs your attention"


def test_a_sound_form_has_no_summary(read: Read) -> None:
    page = read("{{ forms.form(form) }}", form=CaseForm(formdata=None))
    assert not page.all(class_="errors")
    assert not page.all(aria_invalid="true")


def test_the_message_stands_above_the_field_and_is_read_with_it(read: Read) -> None:
    page = read("{{ forms.field(form.title) }}", form=bound(CaseForm))
    field = page.one("input", name="title")
    assert field.has(aria_invalid="true", aria_describedby="title-hint title-error")
    assert page.one(id="title-error").text == "Error: Write a title"
    order = [e.attrs.get("id") for e in page.elements]
    assert order.index("title-hint") < order.index("title-error") < order.index("title")


def test_what_was_typed_is_kept(read: Read) -> None:
    form = bound(CaseForm, income="a lot", story="Two <b>lines</b>", areas="family", remote="y")
    page = read("{{ forms.form(form) }}", form=form)
    assert page.one("input", name="income").attrs["value"] == "a lot"
    assert page.one("textarea").text == "Two <b>lines</b>"
    assert "checked" in page.one("input", value="family").attrs
    assert "checked" in page.one("input", name="remote").attrs


def test_a_date_is_typed_in_three_labelled_parts_and_keeps_a_wrong_month(read: Read) -> None:
    form = bound(QuestionForm, **{"hearing_on-month": "24", "hearing_on-day": "11", "hearing_on-year": "2026"})
    page = read("{{ forms.field(form.hearing_on) }}", form=form)
    parts = page.all("input")
    assert [(p.attrs["name"], p.attrs["value"]) for p in parts] == [
        ("hearing_on-month", "24"), ("hearing_on-day", "11"), ("hearing_on-year", "2026"),
    ]  # fmt: skip
    assert [label.text for label in page.all("label")] == ["Month", "Day", "Year"]
    assert all(p.has(inputmode="numeric", aria_invalid="true", aria_describedby="hearing_on-error") for p in parts)
    assert "legend" in page.one("b").inside


def test_the_summary_of_a_wrong_date_leads_to_the_month(read: Read) -> None:
    page = read("{{ forms.form(form) }}", form=bound(QuestionForm, has_date="yes", found="court"))
    assert page.one("ul").text == "Write the date"
    link = next(a for a in page.all("a"))
    assert page.one(id=link.attrs["href"][1:]).has(name="hearing_on-month")


def test_a_question_is_the_heading_and_a_choice_opens_what_follows(read: Read) -> None:
    text = """{% call(value) forms.field(form.has_date, page=true, hints={'unsure': 'That is fine.'}) %}
        {%- if value == 'yes' %}<i>the date</i>{% endif %}{% endcall %}"""
    page = read(text, form=QuestionForm(formdata=None))
    assert page.one("h1").inside[-1] == "legend"
    assert page.one(class_="then").text == "the date"
    assert [label.text for label in page.all("label")][2] == "I am not sure That is fine."
    assert page.one("fieldset").attrs["aria-describedby"] == "has_date-hint"


def test_every_form_carries_the_token_once_and_its_hidden_fields(read: Read) -> None:
    page = read("{{ forms.form(form) }}", form=QuestionForm(formdata=None))
    assert page.one("input", name="csrf_token").attrs["value"]
    assert page.one("input", name="seen_version").attrs["value"] == "3"
    assert "novalidate" in page.one("form").attrs


def test_a_form_with_a_file_is_sent_in_parts(read: Read) -> None:
    assert read("{{ forms.form(form) }}", form=CaseForm(formdata=None)).one("form").has(enctype="multipart/form-data")
    assert "enctype" not in read("{{ forms.form(form) }}", form=QuestionForm(formdata=None)).one("form").attrs


def test_an_acting_button_is_a_post_with_its_object_read_aloud(read: Read) -> None:
    page = read("{{ forms.post_button('/hold', 'Hold', about='26-01412', fields={'kind': 'x'}) }}")
    assert page.one("form").has(method="post", action="/hold")
    assert page.one("button").text == "Hold: 26-01412"
    assert page.one("input", name="kind").attrs["value"] == "x"
    assert page.one("input", name="csrf_token")


def test_a_stale_edit_shows_both_texts(read: Read) -> None:
    rows = [{"label": "Note", "yours": "Moved on Monday", "theirs": "Moved on <Tuesday>"}]
    page = read("{{ forms.both_texts(rows, 'Odile Renner', '9:02 am') }}", rows=rows)
    assert [q.text for q in page.all("blockquote")] == ["Moved on Monday", "Moved on <Tuesday>"]
    assert page.one("h2").text == "Odile Renner changed this at 9:02 am."


def test_a_list_of_people_links_each_message_to_its_row(read: Read) -> None:
    form = bound(PeopleForm, **{"people-0-name": "Ana Lema", "people-1-name": ""})
    page = read("{{ forms.form(form) }}", form=form)
    assert [a.attrs["href"] for a in page.all("a")] == ["#people-1-name"]
    assert page.one("input", name="people-0-name").attrs["value"] == "Ana Lema"
    assert page.one("input", id="people-1-name").has(aria_invalid="true", aria_describedby="people-1-name-error")
    assert page.all("legend")[0].text == "People in this matter"

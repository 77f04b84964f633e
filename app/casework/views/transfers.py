"""What staff do on a way out: begin it, take custody, choose the receiver, record the consent, note the cause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients import vocabulary
from app.clients.models import Case
from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound
from app.core.forms import Form
from app.matching import queries as matching
from app.matching import queries_runs, shortlists
from app.volunteers.models import Volunteer

from .. import operations, operations_transfer, transfer_forms, transfer_policy, transfer_queries, transfer_words
from .. import operations_transfer_receiver as receivers
from ..transfer_models import Court, Transfer, TransferKind, TransferStatus
from ..transfer_refusals import said
from . import bp
from .handing import keep_or_say
from .staff import lead_of, staff_case
from .transfer_pages import story

Do = Callable[[Transfer], Any]


def _transfer(public_id: str) -> Transfer:
    return transfer_queries.get_staff_transfer(public_id, viewer=signed_in())


def _to(public_id: str) -> ResponseReturnValue:
    return redirect(url_for(".transfer_page", public_id=public_id), 303)


@bp.get("/cases/<public_id>/ways-out")
@open_to(*STAFF)
def ways_out(public_id: str) -> ResponseReturnValue:
    """The three ways in which a lead's part can end before the work is done."""
    case = staff_case(public_id)
    lead = lead_of(case)
    return render_template(
        "casework/transfer_ways.html", case=case, lead=lead, under_way=transfer_queries.open_transfer(case)
    )


def _checklist_page(form: Any, case: Case, **page: Any) -> ResponseReturnValue:
    shown = render_template(
        "casework/transfer_checklist.html", form=form, case=case, kinds=vocabulary.DATE_KINDS, **page
    )
    return shown, 422 if form.errors else 200


@bp.route("/cases/<public_id>/hand-back", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_hand_back(public_id: str) -> ResponseReturnValue:
    """Give the case back for a volunteer who cannot go on."""
    lead = lead_of(staff_case(public_id))
    before = transfer_queries.open_transfer(lead.case)
    drafted = before if before is not None and before.kind is TransferKind.HAND_BACK else None
    form = transfer_forms.StaffHandBackForm(**transfer_forms.typed_before(drafted))
    page = {"title": _("Give the case back for the volunteer?"), "submit": _("Give it back"), "danger": True,
            "back": url_for(".ways_out", public_id=public_id),
            "text": _("You take custody, the volunteer's part ends, and a task asks for somebody new.")}  # fmt: skip
    if not form.validate_on_submit():
        return _checklist_page(form, lead.case, **page)

    def do() -> Transfer:
        found = lead_of(staff_case(public_id))
        return operations_transfer.hand_back(found, form.reason.data, form.given(), actor=signed_in())

    done = keep_or_say(form, do)
    if done is None:
        return _checklist_page(form, staff_case(public_id), **page)
    return _to(done)


@bp.route("/cases/<public_id>/leave-at-once", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_leave_at_once(public_id: str) -> ResponseReturnValue:
    """End the lead's part at once: a conflict, a lost licence, illness, a dismissal."""
    case, form = staff_case(public_id), transfer_forms.LeaveForm()
    lead_of(case)
    if not form.validate_on_submit():
        text = _("Access stops in this moment. The supervising attorney on duty answers for the case.")
        page = {"title": _("End the lead's part at once?"), "submit": _("End it at once"), "text": text}
        return _step_page(case, form, danger=True, **page)
    with transaction():
        lead = lead_of(staff_case(public_id))
        court = Court(form.court.data)
        done = operations_transfer.leave_at_once(lead, form.reason.data, court=court, actor=signed_in()).public_id
    return _to(done)


def _step_page(case: Case, form: Form, **page: Any) -> ResponseReturnValue:
    back = url_for(".ways_out", public_id=case.public_id)
    shown = render_template("casework/transfer_step.html", case=case, form=form, back=back, **page)
    return shown, 422 if form.errors else 200


@bp.route("/cases/<public_id>/transfer", methods=["GET", "POST"])
@open_to(*STAFF)
def start_transfer(public_id: str) -> ResponseReturnValue:
    """Begin to hand a case to another lawyer."""
    case, form = staff_case(public_id), transfer_forms.StartTransferForm()
    lead_of(case)
    if not form.validate_on_submit():
        text = _("The lead stays responsible until the new lawyer accepts, and is asked for the checklist now.")
        page = {"title": _("Hand the case to another lawyer"), "submit": _("Begin"), "text": text}
        return _step_page(case, form, danger=False, **page)
    with transaction():
        lead = lead_of(staff_case(public_id))
        done = receivers.open_transfer(lead, form.reason.data, actor=signed_in()).public_id
    return _to(done)


@bp.get("/transfers/<public_id>")
@open_to(*STAFF)
def transfer_page(public_id: str) -> ResponseReturnValue:
    """One way out: its steps, what comes next, the checks of the receiver, the memo."""
    transfer = _transfer(public_id)
    return render_template(
        "casework/transfer_page.html", transfer=transfer, case=transfer.case, words=transfer_words, said=said,
        S=TransferStatus, K=TransferKind, may_run=transfer_policy.may_run(signed_in(), transfer),
        takes_checklist=transfer_policy.takes_checklist(transfer), causes=transfer_words.root_causes(),
        consent_holds=receivers.consent_holds(transfer), consent_ways=vocabulary.CONSENT_WAYS, **story(transfer),
    )  # fmt: skip


def _act(public_id: str, form: Form, do: Do, *, said: str, **page: Any) -> ResponseReturnValue:
    """A page with one question before one act, then back to the way out."""
    if form.validate_on_submit():
        try:
            with transaction():
                do(_transfer(public_id))
        except operations.CannotKeep as no:
            form[no.field].errors = [*form[no.field].errors, no.message]
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(said, "ok")
            return _to(public_id)
    transfer = _transfer(public_id)
    back = url_for(".transfer_page", public_id=public_id)
    page = {"text": "", "danger": False, "back": back, **page}
    shown = render_template("casework/transfer_step.html", case=transfer.case, form=form, **page)
    return shown, 422 if form.errors else 200


@bp.post("/transfers/<public_id>/custody")
@open_to(*STAFF)
def take_custody(public_id: str) -> ResponseReturnValue:
    """Answer for the case, so that the hand-back can complete."""
    with transaction():
        operations_transfer.take_custody(_transfer(public_id), actor=signed_in())
    flash(_("You answer for the case now."), "ok")
    return _to(public_id)


@bp.route("/transfers/<public_id>/checklist", methods=["GET", "POST"])
@open_to(*STAFF)
def staff_checklist(public_id: str) -> ResponseReturnValue:
    """Complete the checklist for the lead."""
    transfer = _transfer(public_id)
    if not transfer_policy.takes_checklist(transfer):
        raise NotFound
    form = transfer_forms.ChecklistForm(**transfer_forms.typed_before(transfer))
    page = {"title": _("What the next lawyer must know"), "submit": _("Keep the checklist"), "danger": False,
            "text": _("Ask the lead where you can; otherwise from the file."),
            "back": url_for(".transfer_page", public_id=public_id)}  # fmt: skip
    if not form.validate_on_submit():
        return _checklist_page(form, transfer.case, **page)
    done = keep_or_say(
        form,
        lambda: operations_transfer.write_checklist(_transfer(public_id), form.given(), actor=signed_in()),
    )
    if done is None:
        return _checklist_page(form, _transfer(public_id).case, **page)
    flash(_("Kept, and written among the notes."), "ok")
    return _to(done)


@bp.get("/transfers/<public_id>/receivers")
@open_to(*STAFF)
def receivers_list(public_id: str) -> ResponseReturnValue:
    """Who could take the case over, the best first."""
    transfer = _transfer(public_id)
    case = transfer.case
    found = shortlists.shortlist_for(case.lead_opening) if case.problem_code else None
    ids = [choice.volunteer_id for choice in found.choices] if found else []
    tried = {ask.volunteer_id: ask.status for ask in transfer.asks}
    return render_template(
        "casework/transfer_receivers.html", transfer=transfer, case=case, found=found,
        people=queries_runs.names_of(ids), tried=tried, words=transfer_words,
    )  # fmt: skip


@bp.route("/transfers/<public_id>/receivers/<volunteer>", methods=["GET", "POST"])
@open_to(*STAFF)
def choose_receiver(public_id: str, volunteer: str) -> ResponseReturnValue:
    """Look at each check of one volunteer, and choose them."""
    transfer, person = _transfer(public_id), matching.get_approved(volunteer)
    checks, pair = receivers.checks_of(transfer.case, person)
    form = transfer_forms.ReceiverForm()
    form.offer(matching.mentors(transfer.case, person) if pair.needs_mentor else [])
    if not form.validate_on_submit():
        return render_template(
            "casework/transfer_receiver.html", transfer=transfer, case=transfer.case, person=person, checks=checks,
            needs_mentor=pair.needs_mentor, form=form, words=transfer_words, said=said,
        )  # fmt: skip
    with transaction():
        mentor: Volunteer | None = matching.find_approved(form.mentor.data)
        person = matching.get_approved(volunteer)
        receivers.choose_receiver(_transfer(public_id), person, actor=signed_in(), mentor=mentor)
        name = person.name
    flash(_("%(name)s is chosen. They are asked as soon as the client has agreed.", name=name), "ok")
    return _to(public_id)


@bp.route("/transfers/<public_id>/consent", methods=["GET", "POST"])
@open_to(*STAFF)
def transfer_consent(public_id: str) -> ResponseReturnValue:
    """Record that the client agrees to the transfer."""
    transfer = _transfer(public_id)
    form = transfer_forms.ConsentForm(language=transfer.case.language)
    form.offer()
    text = _("Speak with the client in a way marked safe. Record it only after they said yes.")
    return _act(
        public_id,
        form,
        lambda row: receivers.agree(row, form.how.data, language=form.language.data, actor=signed_in()),
        title=_("Did the client agree to another lawyer?"),
        text=text,
        submit=_("Record the consent"),
        said=_("Recorded. A chosen receiver is asked now."),
    )


@bp.route("/transfers/<public_id>/court-leave", methods=["GET", "POST"])
@open_to(*STAFF)
def court_leave(public_id: str) -> ResponseReturnValue:
    """Note that the court has let the lawyer go."""
    _transfer(public_id)
    form = transfer_forms.CourtForm()
    return _act(
        public_id,
        form,
        lambda row: operations_transfer.grant_court_leave(row, form.on_day.data, actor=signed_in()),
        title=_("The court has given leave"),
        submit=_("Note it"),
        said=_("Noted."),
    )


@bp.route("/transfers/<public_id>/take-back", methods=["GET", "POST"])
@open_to(*STAFF)
def take_back(public_id: str) -> ResponseReturnValue:
    """Revoke a way out before it is complete."""
    _transfer(public_id)
    return _act(
        public_id,
        Form(),
        lambda row: operations_transfer.take_back(row, actor=signed_in()),
        title=_("Take this back?"),
        text=_("The case stays with its lead. Whoever was asked to take it over is told."),
        submit=_("Take it back"),
        danger=True,
        said=_("Taken back. The case stays with its lead."),
    )


@bp.route("/transfers/<public_id>/cause", methods=["GET", "POST"])
@open_to(*STAFF)
def transfer_cause(public_id: str) -> ResponseReturnValue:
    """Note the root cause of a change of lawyer."""
    form = transfer_forms.CauseForm(cause=_transfer(public_id).root_cause)
    form.offer()
    return _act(
        public_id,
        form,
        lambda row: operations_transfer.record_cause(row, form.cause.data, actor=signed_in()),
        title=_("Root cause"),
        text=_("Not the reason that was given, but what it came from. It shapes how we place the next case."),
        submit=_("Note it"),
        said=_("Noted. This record is complete."),
    )

"""The coded words of intake and screening, with what screens say for each; rows keep the codes."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

CIRCUMSTANCES: dict[str, Any] = {
    "child_at_home": _l("a child at home"),
    "over_60": _l("60 or older"),
    "disability": _l("a disability or long illness"),
    "limited_english": _l("limited English"),
    "homeless": _l("no home of their own"),
    "veteran": _l("served in the military"),
    "abuse": _l("hurt or threatened by someone close"),
    "cannot_act_alone": _l("reading, language or access makes acting alone hard"),
    "no_other_help": _l("nobody else can help"),
}

HARMS: dict[str, Any] = {
    "home": _l("losing the home"),
    "safety": _l("safety"),
    "liberty": _l("liberty"),
    "custody": _l("custody of a child"),
    "status": _l("the right to stay in the country"),
    "income": _l("income to live on"),
    "debt": _l("debt"),
}

EMERGENCIES: dict[str, Any] = {
    "lockout": _l("Locked out, utilities cut by the landlord, or removal within 3 days"),
    "protective_order": _l("Protective order hearing within 7 days, or safety at risk now"),
    "detained_removal": _l("Detained, or immigration hearing within 14 days"),
    "benefits_window": _l("Time to keep benefits running is still open"),
    "utility_shutoff": _l("Utilities will be cut within 7 days"),
    "utility_medical": _l("Utilities needed for medical equipment will be cut"),
    "child_taken": _l("Child taken, or parental rights hearing within 14 days"),
}

CASE_ROLES: dict[str, Any] = {
    "lead": _l("Lead"),
    "co_counsel": _l("Co-counsel"),
    "mentor": _l("Mentor"),
    "supervising_attorney": _l("Supervising attorney"),
    "student": _l("Law student"),
    "paralegal": _l("Paralegal"),
    "interpreter": _l("Interpreter"),
    "social_worker": _l("Social worker"),
}

TAKERS: dict[str, Any] = {
    "attorney": _l("Attorney"),
    "student": _l("Law student, beside an attorney"),
    "graduate": _l("Law graduate, beside an attorney"),
    "paralegal": _l("Paralegal, beside an attorney"),
    "interpreter": _l("Interpreter"),
    "social_worker": _l("Social worker"),
}

OPENING_STATUSES: dict[str, Any] = {
    "not_listed": _l("Not listed"),
    "listed": _l("Listed"),
    "filled": _l("Somebody has it"),
    "closed": _l("Closed"),
}

DATE_KINDS: dict[str, Any] = {
    "hearing": _l("Hearing"),
    "answer_due": _l("Answer due"),
    "appeal_due": _l("Appeal due"),
    "filing_due": _l("Filing due"),
    "set_out": _l("Removal from the home"),
    "shutoff": _l("Utilities cut off"),
    "protective_order_hearing": _l("Protective order hearing"),
    "removal_hearing": _l("Immigration hearing"),
    "parental_rights_hearing": _l("Parental rights hearing"),
    "benefits_continue": _l("Last day to keep benefits running"),
    "other": _l("Other date"),
}

PARTY_ROLES: dict[str, Any] = {
    "client": _l("Client"),
    "adverse": _l("Other side"),
    "adverse_household": _l("Household of the other side"),
    "household": _l("Client's household"),
    "opposing_counsel": _l("Lawyer of the other side"),
    "other": _l("Somebody else in the matter"),
}

MISSING_ITEMS: dict[str, Any] = {
    "other_side_name": _l("the full name of the other side"),
    "court_papers": _l("the court papers"),
    "date_on_papers": _l("the date on the papers"),
    "income_proof": _l("proof of income"),
    "household": _l("who lives in the household"),
    "assets": _l("savings and property"),
    "birth_date": _l("date of birth"),
    "safe_contact": _l("a safe way to reach you"),
    "consent": _l("your agreement to share names with possible lawyers"),
    "signature": _l("a signature"),
}

REJECT_REASONS: dict[str, Any] = {
    "over_income": _l("Income is above what the funds allow"),
    "out_of_area": _l("Outside the programme's counties"),
    "out_of_scope": _l("A kind of matter the programme does not take"),
    "merits": _l("A lawyer found too little to go on"),
    "conflict": _l("Conflict of interest"),
    "no_capacity": _l("Nobody has time for it"),
    "has_lawyer": _l("The client has a lawyer"),
    "duplicate": _l("The same matter is on another case"),
}

CUSTODY_REASONS: dict[str, Any] = {
    "left": _l("Leaves the programme"),
    "absence": _l("Away for a while"),
    "workload": _l("To spread the work"),
}

KEEP_REASONS: dict[str, Any] = {
    "staff_expertise": _l("Staff know this kind of matter best"),
    "urgent": _l("Too urgent to wait for a volunteer"),
    "nobody_found": _l("No volunteer was found"),
    "client_wish": _l("The client wishes it"),
    "sensitive": _l("Too sensitive to list"),
}

OFF_DOCKET_REASONS: dict[str, Any] = {
    "facts_changed": _l("The facts changed; the listing must be renewed"),
    "consent_withdrawn": _l("The client took back the consent"),
    "conflict": _l("A new party must be searched"),
    "settled": _l("The matter may settle"),
    "mistake": _l("Listed by mistake"),
}

SHORT_TERM_BY: dict[str, Any] = {
    "nonprofit": _l("Yes, a nonprofit's clinic"),
    "court": _l("Yes, a court's clinic"),
}

CLOCK_REASONS: dict[str, Any] = {
    "offer_out": _l("An offer is out"),
    "volunteer_deciding": _l("A volunteer is thinking about it"),
    "date_moved": _l("The critical date was moved"),
    "shortlist": _l("Good volunteers are still to be asked"),
}

PAUSE_REASONS: dict[str, Any] = {
    "client_away": _l("The client cannot be reached for a while"),
    "court_stayed": _l("The court put the matter on hold"),
    "client_wish": _l("The client asked to wait"),
    "other_proceeding": _l("Another proceeding comes first"),
}

CONSENT_WAYS: dict[str, Any] = {
    "phone": _l("By phone"),
    "in_person": _l("In person"),
    "paper": _l("On paper, signed"),
    "interpreter": _l("With an interpreter"),
}

MERITS: dict[str, Any] = {
    "strong": _l("Strong"),
    "fair": _l("Fair"),
    "weak": _l("Weak"),
    "none": _l("None"),
}

LEVELS: dict[str, Any] = {
    "learning": _l("Learning"),
    "competent": _l("Competent"),
    "experienced": _l("Experienced"),
    "expert": _l("Expert"),
}

FORUMS: dict[str, Any] = {
    "state_court": _l("State court"),
    "state_agency": _l("State agency hearing"),
    "federal_court": _l("Federal district court"),
    "bankruptcy_court": _l("Federal bankruptcy court"),
    "immigration_court": _l("Immigration court"),
    "immigration_agency": _l("Immigration agency"),
    "va": _l("Veterans Affairs"),
    "ssa": _l("Social Security"),
    "irs": _l("Tax authority"),
    "tribal_court": _l("Tribal court"),
    "no_court": _l("No court or agency"),
}

CREDENTIALS: dict[str, Any] = {
    "va": _l("Accredited by Veterans Affairs"),
    "eoir": _l("Registered with the immigration courts"),
    "court_admission": _l("Admitted to the court"),
}

EXCEPTIONS: dict[str, Any] = {
    "maintain_benefits": _l("Seeks to keep benefits for people with low income (any income)"),
    "medical": _l("Income goes mainly to medical or nursing costs (any income; a lawyer decides)"),
    "obtain_benefits": _l("Seeks benefits for people with low income (to 200 %)"),
    "disability_benefits": _l("Seeks or keeps disability benefits (to 200 %)"),
    "seasonal_income": _l("Seasonal or falling income (to 200 %)"),
    "medical_costs": _l("Unreimbursed medical costs (to 200 %)"),
    "fixed_debts": _l("Fixed debts and obligations (to 200 %)"),
    "work_costs": _l("Dependent care, transport and other costs of working (to 200 %)"),
    "age_disability_costs": _l("Costs of age or disability (to 200 %)"),
    "taxes": _l("Current taxes (to 200 %)"),
    "other_factor": _l("Another significant factor (to 200 %)"),
}

"""Every table of the desk, for migrations and tests."""

from app.accounts import models as _accounts
from app.casework import models as _casework
from app.casework import models_messages as _messages
from app.casework import models_milestones as _milestones
from app.casework import models_packages as _packages
from app.casework import transfer_models as _transfers
from app.clients import models as _clients
from app.core import audit as _audit
from app.core import bounces as _bounces
from app.core import daily as _daily
from app.core import links as _links
from app.core import mail as _mail
from app.core import pace as _pace
from app.core import slots as _slots
from app.core.db import Base, check_choices
from app.engagement import models as _engagement
from app.engagement import models_escalations as _escalations
from app.engagement import models_ladder as _ladder
from app.engagement import models_questions as _questions
from app.engagement import models_reminders as _reminders
from app.engagement import models_series as _series
from app.engagement import models_surveys as _surveys
from app.matching import models as _matching
from app.matching import models_changes as _changes
from app.matching import models_digest as _digests
from app.metrics import models as _metrics
from app.metrics import models_public as _public
from app.metrics import models_reports as _reports
from app.tasks import models as _tasks
from app.volunteers import models as _volunteers
from app.volunteers import models_leave as _leave
from app.volunteers import models_mails as _mail_choices
from app.volunteers import models_shifts as _shifts

PARTS = (
    _accounts,
    _audit,
    _bounces,
    _casework,
    _changes,
    _clients,
    _daily,
    _digests,
    _engagement,
    _escalations,
    _ladder,
    _leave,
    _links,
    _mail,
    _mail_choices,
    _matching,
    _messages,
    _metrics,
    _milestones,
    _pace,
    _packages,
    _public,
    _questions,
    _reminders,
    _reports,
    _series,
    _shifts,
    _slots,
    _surveys,
    _tasks,
    _transfers,
    _volunteers,
)
metadata = Base.metadata
check_choices(metadata)

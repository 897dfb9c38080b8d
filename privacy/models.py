"""The index of tables that Django needs; each lives in the room of its noun."""

from .adverts import AdvertSent
from .alarms import DeadlineAlarm
from .append_only import PurgePermit
from .audit import AuditEntry, AuditHead
from .canary import CanaryRun, CanaryStep
from .choice_calls import ChoiceCall, ChoiceLine, OwnerSearch
from .consent import ConsentEntry
from .cookie_choices import CookieChoice, CookieQuestion, Visitor
from .corrections import Correction
from .erased import ErasedIdentifier
from .erasure import Erasure, ErasureCertificate, ReplayedErasure
from .erasure_ledger import LedgerEntry
from .export import Export, Redaction
from .figures import MonthFigure
from .guardians import GuardianConsent
from .inbound.mailbox import InboundEmail
from .inbound.webhooks import Mention, WebhookCall
from .letters import LetterVersion
from .link_checks import LinkCheck
from .list_checks import ListCheck
from .mailed_links import AskedLink
from .notices import OutgoingEmail
from .policies import NoticeShown, PolicyVersion
from .processing_record import RecordVersion
from .promises import Promise, PromiseCheck
from .purge import InactivityWarning, PurgeBatch, PurgeLine, PurgeRun, PurgeStop
from .purposes import Purpose
from .recipient_notices import NoticeDelivery, RecipientNotice
from .recipients import AuthorityOrder, Cookie, Disclosure, Recipient
from .restrictions import Restriction, RestrictionStep
from .sight import Opening, ViewingAlarm
from .subject_requests import (
    CallBack,
    CaseEvent,
    CasePaper,
    Complaint,
    DataSubjectRequest,
    Fee,
    OnBehalf,
    Rectification,
    ReleaseCheck,
    Representative,
)
from .suppression import Suppression
from .tokens import LinkToken
from .training import Training

__all__ = [
    "AdvertSent", "AskedLink", "AuditEntry", "AuditHead", "AuthorityOrder", "CallBack", "CanaryRun", "CanaryStep",
    "CaseEvent", "CasePaper", "ChoiceCall", "ChoiceLine", "Complaint", "ConsentEntry", "Cookie", "CookieChoice",
    "CookieQuestion", "Correction", "DataSubjectRequest", "DeadlineAlarm", "Disclosure", "ErasedIdentifier", "Erasure",
    "ErasureCertificate", "Export", "Fee", "GuardianConsent", "InactivityWarning", "InboundEmail", "LedgerEntry",
    "LetterVersion", "LinkCheck", "LinkToken", "ListCheck", "Mention", "MonthFigure", "NoticeDelivery", "NoticeShown",
    "OnBehalf", "Opening", "OutgoingEmail", "OwnerSearch", "PolicyVersion", "Promise", "PromiseCheck", "PurgeBatch",
    "PurgeLine", "PurgePermit", "PurgeRun", "PurgeStop", "Purpose", "Recipient", "RecipientNotice", "RecordVersion",
    "Rectification", "Redaction", "ReleaseCheck", "ReplayedErasure", "Representative", "Restriction",
    "RestrictionStep", "Suppression", "Training", "ViewingAlarm", "Visitor", "WebhookCall",
]  # fmt: skip

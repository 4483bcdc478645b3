"""The schema put together: root types, limits and what callers are told of errors."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache

import strawberry
from graphql import GraphQLError, specified_rules
from strawberry.extensions import MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.compiled.documents import Asking, Documents, KnownDocuments
from schema.compiled.reading import Read
from schema.context import Context
from schema.cost import declare_costs
from schema.deadline import Deadline
from schema.errors import hidden, told
from schema.execution import Execution
from schema.limits import TOKENS_MAX
from schema.mutations.abort_cadence_migration import AbortCadenceMigrationMutation
from schema.mutations.approve_cadence_migration import ApproveCadenceMigrationMutation
from schema.mutations.authenticate_session import AuthenticateSessionMutation
from schema.mutations.calls import CallMutations
from schema.mutations.commitments import CommitmentMutations
from schema.mutations.complete_cadence_migration import CompleteCadenceMigrationMutation
from schema.mutations.confirm_consent import ConfirmConsentMutation
from schema.mutations.correct_contact_medium import CorrectContactMediumMutation
from schema.mutations.cut_over_cadence_migration import CutOverCadenceMigrationMutation
from schema.mutations.declare_different import DeclareDifferentMutation
from schema.mutations.deliveries import DeliveryMutations
from schema.mutations.dialogs import DialogMutations
from schema.mutations.discard_quarantined import DiscardQuarantinedMutation
from schema.mutations.edit_quarantined import EditQuarantinedMutation
from schema.mutations.identify_customer import IdentifyCustomerMutation
from schema.mutations.incidents import IncidentMutations
from schema.mutations.leads import LeadMutations
from schema.mutations.merge_customers import MergeCustomersMutation
from schema.mutations.pause_cadence_migration import PauseCadenceMigrationMutation
from schema.mutations.pin_field import PinFieldMutations
from schema.mutations.plan_cadence_migration import PlanCadenceMigrationMutation
from schema.mutations.record_consent import RecordConsentMutation
from schema.mutations.record_contact_events import RecordContactEventsMutation
from schema.mutations.replay_quarantined import ReplayQuarantinedMutation
from schema.mutations.report_undeliverable import ReportUndeliverableMutation
from schema.mutations.request_erasure import RequestErasureMutation
from schema.mutations.request_export import RequestExportMutation
from schema.mutations.request_next_best_actions import RequestNextBestActionsMutation
from schema.mutations.request_rectification import RequestRectificationMutation
from schema.mutations.requests import RequestMutations
from schema.mutations.resolve_conflict import ResolveConflictMutations
from schema.mutations.resume_cadence_migration import ResumeCadenceMigrationMutation
from schema.mutations.resume_session import ResumeSessionMutation
from schema.mutations.retry_work import RetryWorkMutation
from schema.mutations.revoke_tokens import RevokeTokensMutation
from schema.mutations.roll_back_cadence_migration import RollBackCadenceMigrationMutation
from schema.mutations.run_flow import RunFlowMutation
from schema.mutations.settle_privacy_receipt import SettlePrivacyReceiptMutation
from schema.mutations.settle_work import SettleWorkMutation
from schema.mutations.split_customer import SplitCustomerMutation
from schema.mutations.start_cadence_migration import StartCadenceMigrationMutation
from schema.mutations.start_session import StartSessionMutation
from schema.mutations.transfer_session import TransferSessionMutation
from schema.mutations.verify_contact_medium import VerifyContactMediumMutation
from schema.mutations.wrap_up_session import WrapUpSessionMutation
from schema.names import KeptNames
from schema.queries.audit import AuditQuery
from schema.queries.conflicts import ConflictsQuery
from schema.queries.contact_metrics import ContactMetricsQuery
from schema.queries.customer import CustomerQuery
from schema.queries.customer_history import CustomerHistoryQuery
from schema.queries.customer_processes import CustomerProcessesQuery
from schema.queries.customers import CustomersQuery
from schema.queries.entities import REPRESENTATION, EntitiesQuery, Representation
from schema.queries.flows import FlowsQuery
from schema.queries.incidents import IncidentsQuery
from schema.queries.leads import LeadsQuery
from schema.queries.match_candidates import MatchCandidatesQuery
from schema.queries.match_reviews import MatchReviewsQuery
from schema.queries.migrations import MigrationsQuery
from schema.queries.next_best_actions import NextBestActionsQuery
from schema.queries.node import NodeQuery
from schema.queries.outbound import OutboundQuery
from schema.queries.preview_rule_change import PreviewRuleChangeQuery
from schema.queries.privacy import PrivacyQuery
from schema.queries.quarantine import QuarantineQuery
from schema.queries.stuck_work import StuckWorkQuery
from schema.queries.viewer import ViewerQuery
from schema.queries.work_list import WorkListQuery
from schema.scalars import AWARE_TIME, EXACT_DECIMAL
from schema.subscriptions.commitment_updates import CommitmentUpdates
from schema.subscriptions.customer_updates import CustomerUpdates
from schema.subscriptions.flow_updates import FlowUpdates
from schema.subscriptions.lead_updates import LeadUpdates
from schema.subscriptions.migration_updates import MigrationUpdates
from schema.subscriptions.next_best_action_updates import NextBestActionUpdates
from schema.subscriptions.request_updates import RequestUpdates
from schema.subscriptions.session_updates import SessionUpdates


@strawberry.type(description="What can be read.")
class Query(
    CustomerQuery,
    CustomersQuery,
    CustomerHistoryQuery,
    LeadsQuery,
    IncidentsQuery,
    MatchCandidatesQuery,
    MatchReviewsQuery,
    ConflictsQuery,
    PreviewRuleChangeQuery,
    NextBestActionsQuery,
    WorkListQuery,
    ContactMetricsQuery,
    CustomerProcessesQuery,
    OutboundQuery,
    FlowsQuery,
    MigrationsQuery,
    QuarantineQuery,
    PrivacyQuery,
    AuditQuery,
    StuckWorkQuery,
    NodeQuery,
    EntitiesQuery,
    ViewerQuery,
):
    """One base class per subject."""


@strawberry.type(description="What can be done. Each takes one input and answers with the object or the problems.")
class Mutation(
    CorrectContactMediumMutation,
    VerifyContactMediumMutation,
    ReportUndeliverableMutation,
    StartSessionMutation,
    IdentifyCustomerMutation,
    AuthenticateSessionMutation,
    TransferSessionMutation,
    ResumeSessionMutation,
    WrapUpSessionMutation,
    DialogMutations,
    LeadMutations,
    RequestMutations,
    CommitmentMutations,
    IncidentMutations,
    CallMutations,
    DeliveryMutations,
    RequestNextBestActionsMutation,
    MergeCustomersMutation,
    SplitCustomerMutation,
    DeclareDifferentMutation,
    PinFieldMutations,
    ResolveConflictMutations,
    RecordConsentMutation,
    ConfirmConsentMutation,
    RequestErasureMutation,
    RequestRectificationMutation,
    RequestExportMutation,
    SettlePrivacyReceiptMutation,
    RecordContactEventsMutation,
    RunFlowMutation,
    EditQuarantinedMutation,
    ReplayQuarantinedMutation,
    DiscardQuarantinedMutation,
    RetryWorkMutation,
    SettleWorkMutation,
    PlanCadenceMigrationMutation,
    StartCadenceMigrationMutation,
    ApproveCadenceMigrationMutation,
    CutOverCadenceMigrationMutation,
    RollBackCadenceMigrationMutation,
    PauseCadenceMigrationMutation,
    ResumeCadenceMigrationMutation,
    AbortCadenceMigrationMutation,
    CompleteCadenceMigrationMutation,
    RevokeTokensMutation,
):
    """One base class per mutation."""


@strawberry.type(description="What can be followed: the current value first, then every change.")
class Subscription(
    CustomerUpdates,
    SessionUpdates,
    LeadUpdates,
    RequestUpdates,
    CommitmentUpdates,
    FlowUpdates,
    MigrationUpdates,
    NextBestActionUpdates,
):
    """One base class per subscription."""


class HubSchema(strawberry.Schema):
    """strawberry calls `process_errors` with every list of errors on every transport before it is sent."""

    documents: Documents
    """What clients have sent, read once."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Replace each error, in place, by what the caller may see."""
        caller = None if execution_context is None else execution_context.context
        if isinstance(caller, Context) and execution_context is not None:
            for field in hidden(errors):
                caller.hides(f"{execution_context.operation_type.value.capitalize()}.{field}")
        suggests = not isinstance(caller, Asking) or caller.may_introspect()
        errors[:] = [told(error, suggests=suggests) for error in errors]


@cache
def build_schema() -> HubSchema:
    """The executable schema, made once per process; whom it tells about itself is looked at with each operation."""
    schema = HubSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(
            name_converter=KeptNames(),
            scalar_map={datetime: AWARE_TIME, Decimal: EXACT_DECIMAL, Representation: REPRESENTATION},
        ),
        extensions=[lambda: MaxTokensLimiter(TOKENS_MAX), lambda: KnownDocuments(schema.documents), Deadline],
        execution_context_class=Execution,
    )
    schema.documents = Documents(Read(schema._schema, specified_rules), declare_costs(schema._schema))
    return schema

"""The addresses of the control room. What is of no one path lies below `-/`."""

from __future__ import annotations

from django.urls import path

from monolith.strangler.control_room.views import (
    climbing,
    holding,
    revealing,
    steering,
    watching,
)

app_name = "control_room"
urlpatterns = [
    path("", watching.overview, name="overview"),
    path("-/live/", watching.overview_live, name="overview-live"),
    path("-/approvals/", watching.approvals, name="approvals"),
    path("-/audit/", watching.audit, name="audit"),
    path("-/audit.csv", watching.audit_csv, name="audit-csv"),
    path("-/audit.jsonl", watching.audit_json, name="audit-json"),
    path("-/rules/", watching.rules, name="rules"),
    path("-/drills/", watching.drills, name="drills"),
    path("-/explain/", watching.explain, name="explain"),
    path("-/kill/", holding.kill, name="kill-all"),
    path("-/unkill/", holding.unkill, name="unkill-all"),
    path("<str:path>/", watching.path, name="path"),
    path("<str:path>/live/", watching.path_live, name="path-live"),
    path("<str:path>/advance/", climbing.advance, name="advance"),
    path("<str:path>/plans/<int:plan_id>/", climbing.plan, name="plan"),
    path("<str:path>/plans/<int:plan_id>/approve/", climbing.approve, name="approve"),
    path("<str:path>/plans/<int:plan_id>/carry-out/", climbing.carry_out, name="carry-out"),
    path("<str:path>/roll-back/", holding.roll_back, name="roll-back"),
    path("<str:path>/pause/", holding.pause, name="pause"),
    path("<str:path>/resume/", holding.resume, name="resume"),
    path("<str:path>/kill/", holding.kill, name="kill"),
    path("<str:path>/unkill/", holding.unkill, name="unkill"),
    path("<str:path>/mismatches/", watching.mismatches, name="mismatches"),
    path("<str:path>/mismatches/<int:signature_id>/", watching.signature, name="signature"),
    path(
        "<str:path>/mismatches/<int:signature_id>/explain/",
        steering.explain_signature,
        name="explain-signature",
    ),
    path("<str:path>/samples/<int:sample_id>/reveal/", revealing.reveal, name="reveal"),
    path("<str:path>/backfill/", watching.backfill, name="backfill"),
    path("<str:path>/backfill/live/", watching.backfill_live, name="backfill-live"),
    path("<str:path>/backfill/steer/", steering.steer_backfill, name="steer-backfill"),
    path("<str:path>/reconcile/", watching.reconcile, name="reconcile"),
]

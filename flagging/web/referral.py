"""/answers/ID/referral-form: the single referral form, and /referral-form: a blank one.

Nothing is shown for handing on before the person's consent is on record; what the provider may know of the register is
the policy's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from flagging.access.declared import ANYBODY, LOOKUP_ROLES, open_to
from flagging.api.services import services
from flagging.lookup.consent import Consent, ReferralForm, consent_entry
from flagging.lookup.finding import Unconfirmed
from flagging.policy.referral_form import Prefilled, prefill
from flagging.terms import Outcome, Route
from flagging.web.answers import find_or_404
from flagging.web.asking import Answered, asked_in_words
from flagging.web.check_form import FieldError
from flagging.web.gate import caller, drafted, drop_draft, find_draft, guarded
from flagging.web.keeping import keep
from flagging.web.layout import page
from flagging.web.words import route_words

WRITTEN: Final = {
    "address": "Where the person lives or can be found",
    "telephone": "Telephone of the person",
    "drugs": "Drugs used, and how often",
    "risks": "Risks the provider must know of",
    "needs": "Language, health and other needs",
    "next-date": "Next date at court, or of release",
    "worker": "Name and telephone of the worker",
    "notes": "Anything else",
}
"""What only the worker knows: the field's name, and what it is called on the form and on the sheet."""
LONGEST: Final = 400
FORM: Final = "referral"
CONSENT_WORDS: Final = {
    Consent.WRITTEN: "Yes, signed on paper",
    Consent.SPOKEN: "Yes, spoken",
    Consent.REFUSED: "No, refused",
}
NO_CONSENT: Final = "Select whether the person agrees to these details being handed on"
NO_PROVIDER: Final = "Select where the person is referred to"

blueprint = guarded(Blueprint("referral", __name__))


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody the form can go to: the route, the service, and when it is right."""

    route: Route
    words: str
    service: dict[str, Any] | None
    condition: str | None


@blueprint.get("/referral-form")
@open_to(ANYBODY)
def blank() -> Response:
    """A form to be filled in by hand, for when the service cannot confirm or nobody can sign in; it says nothing."""
    reason = services().lookups.unasked(Unconfirmed.NO_EDITION).body["referral"]["reason"]
    routes = (Route.DSB, Route.DIP, Route.CARAT)
    html = render_template(
        "web/referral_blank.html", written=WRITTEN, routes=routes, reason=reason, consents=CONSENT_WORDS
    )
    return page(html)


@blueprint.get("/answers/<answer_id>/referral-form")
@open_to(LOOKUP_ROLES)
@drafted(FORM)
def show(answer_id: str) -> Response:
    answered = find_or_404(answer_id)
    if not _can_refer(answered):
        return redirect(url_for("answers.show", answer_id=answer_id), HTTPStatus.SEE_OTHER)
    if answered.form and "change" not in request.args:
        return _sheet(answered, answer_id)
    draft = find_draft(FORM)
    kept = draft if draft.get("answer") == answer_id else answered.form
    return _form(answered, answer_id, _written(kept), ())


@blueprint.post("/answers/<answer_id>/referral-form")
@open_to(LOOKUP_ROLES)
@drafted(FORM)
def record(answer_id: str) -> Response:
    """Record the consent, then lead to the sheet to print. Raises SpoolUnwritable where it cannot be recorded."""
    answered = find_or_404(answer_id)
    if not _can_refer(answered):
        return redirect(url_for("answers.show", answer_id=answer_id), HTTPStatus.SEE_OTHER)
    values = _written(request.form)
    provider = next((each for each in providers_of(answered) if each.route == values["provider"]), None)
    errors = []
    if provider is None:
        errors.append(FieldError("provider", NO_PROVIDER))
    if values["consent"] not in CONSENT_WORDS:
        errors.append(FieldError("consent", NO_CONSENT))
    if errors or provider is None:
        return _form(answered, answer_id, values, errors)
    services().spool.append(_entry(answered, answer_id, provider, Consent(values["consent"])))
    drop_draft(FORM)
    filled = replace(answered, form=values | {"recorded_at": datetime.now(UTC).isoformat(timespec="seconds")})
    if keep([filled]):
        return redirect(url_for("referral.show", answer_id=answer_id), HTTPStatus.SEE_OTHER)
    return _sheet(filled, answer_id)


def providers_of(answered: Answered) -> list[Provider]:
    """Return to whom the form can go: the route of the answer, or those that become right once something is known."""
    referral = answered.body["referral"]
    found = [(referral["route"], referral["service"], None)]
    found += [(other["route"], other["service"], other["if"]) for other in referral["otherwise"]]
    return [
        Provider(Route(route), route_words(route, service), service, condition)
        for route, service, condition in found
        if route != Route.HOLD and service
    ]


def _can_refer(answered: Answered) -> bool:
    """Tell whether a form may be made: not before an identity is confirmed, and only if there is somewhere to refer."""
    unconfirmed = (Outcome.POSSIBLE_MATCH, Outcome.CANNOT_CONFIRM)
    return answered.body["outcome"] not in unconfirmed and bool(providers_of(answered))


def _written(form: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(form.get(name, ""))[:LONGEST] for name in (*WRITTEN, "provider", "consent")}
    return values | {"recorded_at": str(form.get("recorded_at", ""))}


def _prefilled(answered: Answered, route: Route) -> Prefilled:
    return prefill(answered.body, route, services().lookups.policies.disclosure.forms)


def _entry(answered: Answered, answer_id: str, provider: Provider, consent: Consent) -> bytes:
    told = _prefilled(answered, provider.route)
    form = ReferralForm(
        lookup_id=answer_id,
        provider=provider.route,
        service=(provider.service or {}).get("name", ""),
        consent=consent,
        refs=[told.ppo_ref] if told.ppo_ref else [],
        fields=told.told,
    )
    return consent_entry(form, caller(), datetime.now(UTC))


def _form(answered: Answered, answer_id: str, values: dict[str, str], errors: list[FieldError] | tuple[()]) -> Response:
    providers = providers_of(answered)
    chosen = values["provider"] or (providers[0].route if len(providers) == 1 else "")
    html = render_template(
        "web/referral_form.html",
        answer_id=answer_id,
        asked=asked_in_words(answered),
        values=values | {"provider": chosen},
        written=WRITTEN,
        providers=providers,
        told=[(provider, _prefilled(answered, provider.route)) for provider in providers],
        consents=CONSENT_WORDS,
        errors={error.field: error.text for error in errors},
        summary=[{"text": error.text, "href": f"#{error.field}"} for error in errors],
    )
    return page(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _sheet(answered: Answered, answer_id: str) -> Response:
    form = answered.form
    provider = next((each for each in providers_of(answered) if each.route == form["provider"]), None)
    if provider is None:
        return _form(answered, answer_id, _written(form), ())
    html = render_template(
        "web/referral_sheet.html",
        answer_id=answer_id,
        asked=asked_in_words(answered),
        values=form,
        written=WRITTEN,
        provider=provider,
        told=_prefilled(answered, provider.route),
        consent=CONSENT_WORDS[Consent(form["consent"])],
        is_refused=form["consent"] == Consent.REFUSED,
        by=caller().name,
    )
    return page(html)

"""The API of saved scenarios: listed, read, saved and deleted by name; nothing unseen is overwritten."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, request

from geo.model.errors import BusyError
from geo.plan.apply import misfits
from geo.plan.scenario import Scenario, read_scenario, scenario_json
from geo.store import (
    check_scenario_name,
    delete_scenario,
    has_scenario,
    list_scenarios,
    open_scenario,
    save_scenario,
    scenario_facts,
)
from web.answers import answer, tag_of, to_json
from web.queries import opened, parameters, shelf

blueprint = Blueprint("scenarios", __name__)


@blueprint.get("/api/v1/studies/<study>/scenarios")
def scenarios(study: str) -> Response:
    """The scenarios saved with a study."""
    parameters()
    return answer(to_json({"scenarios": [scenario_facts(one) for one in list_scenarios(_folder(), study)]}))


@blueprint.get("/api/v1/studies/<study>/scenarios/<name>")
def scenario(study: str, name: str) -> Response:
    """A saved scenario: the file itself."""
    parameters()
    return answer(scenario_json(open_scenario(_folder(), study, name)))


@blueprint.put("/api/v1/studies/<study>/scenarios/<name>")
def save(study: str, name: str) -> Response:
    """Save the scenario in the body under a name; told with the edits that do not fit the study."""
    parameters()
    check_scenario_name(name)
    sent = read_scenario(request.get_data(), "scenario")
    is_new = not has_scenario(_folder(), study, name)
    _check_unchanged(study, name, is_new=is_new)
    kept = save_scenario(_folder(), study, _renamed(sent, name))
    one = opened(study)
    faults = misfits(one.study, kept, scale=one.network.ground_scale, categories=shelf().categories.categories)
    told = {**scenario_facts(kept), "misfits": [fault.to_json() for fault in faults]}
    response = Response(to_json(told), 201 if is_new else 200, content_type="application/json")
    response.set_etag(_tag(kept))
    return response


@blueprint.delete("/api/v1/studies/<study>/scenarios/<name>")
def delete(study: str, name: str) -> Response:
    """Delete a saved scenario."""
    parameters()
    delete_scenario(_folder(), study, name)
    return Response(status=204)


def _check_unchanged(study: str, name: str, *, is_new: bool) -> None:
    """Refuse to replace a scenario that is not the one that the sender has seen, where he says which that is."""
    if request.if_none_match.star_tag and not is_new:
        raise BusyError(
            f"there is a scenario '{name}' already. Open it, or save under another name.", code="name_taken"
        )
    if request.if_match and not is_new and not request.if_match.contains(_tag(open_scenario(_folder(), study, name))):
        raise BusyError(f"somebody else has changed '{name}' since it was opened. Save under another name.",
                        code="changed_since")  # fmt: skip


def _renamed(sent: Scenario, name: str) -> Scenario:
    return Scenario(**{**vars(sent), "name": name})


def _tag(kept: Scenario) -> str:
    """Return the entity tag that `scenario` answers with."""
    return tag_of(scenario_json(kept).encode())


def _folder() -> Path:
    return Path(current_app.config["STUDIES"])

"""Studies and assessments on disk; the only writer of results.

    <folder>/<study>/
        manifest.json            schema, every file with its SHA-256, sources
        report.json              what loading found
        study.gpkg               the study's tables
        network/*.npy            the network's arrays, mapped read-only by every process
        assessments/latest       the id of the newest assessment
        assessments/<id>/        one assessment: manifest.json, arrays, tables
        scenarios/*.json         saved scenarios
        ledger/                  what was built since the first base (`geo.store.ledger`)
    <folder>/.standards/<id>.yaml  a standard of the planner's own

Everything is written aside and renamed: a reader sees the old one or the new one. A new load replaces the study with
its assessments, so that a result never outlives its data; its scenarios stay.
"""

from geo.store.assessments import assessment_ids, list_assessments, open_assessment, save_assessment
from geo.store.check import check_study
from geo.store.ledger import (
    Ledger,
    add_entry,
    base_after,
    built_since,
    ledger_facts,
    open_ledger,
    replay,
)
from geo.store.scenarios import (
    check_scenario_name,
    delete_scenario,
    has_scenario,
    list_scenarios,
    open_scenario,
    save_scenario,
    scenario_facts,
)
from geo.store.standards import own_folder, own_ids, own_text, remove_own, save_own, wording_of_text
from geo.store.studies import open_network, open_report, open_study, save_study, study_names, study_stamp

__all__ = [
    "Ledger",
    "add_entry",
    "assessment_ids",
    "base_after",
    "built_since",
    "check_scenario_name",
    "check_study",
    "delete_scenario",
    "has_scenario",
    "ledger_facts",
    "list_assessments",
    "list_scenarios",
    "open_assessment",
    "open_ledger",
    "open_network",
    "open_report",
    "open_scenario",
    "open_study",
    "own_folder",
    "own_ids",
    "own_text",
    "remove_own",
    "replay",
    "save_assessment",
    "save_own",
    "save_scenario",
    "save_study",
    "scenario_facts",
    "study_names",
    "study_stamp",
    "wording_of_text",
]

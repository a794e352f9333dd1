"""Studies and assessments on disk; the only writer of results.

    <folder>/<study>/
        manifest.json            schema, every file with its SHA-256, sources
        report.json              what loading found
        study.gpkg               the study's tables
        network/*.npy            the network's arrays, mapped read-only by every process
        assessments/latest       the id of the newest assessment
        assessments/<id>/        one assessment: manifest.json, arrays, tables
    <folder>/.standards/<id>.yaml  a standard of the planner's own

Everything is written aside and renamed: a reader sees the old one or the new one. A new load replaces the study with
its assessments, so that a result never outlives its data.
"""

from geo.store.assessments import assessment_ids, list_assessments, open_assessment, save_assessment
from geo.store.check import check_study
from geo.store.standards import own_folder, own_ids, own_text, remove_own, save_own, wording_of_text
from geo.store.studies import open_network, open_report, open_study, save_study, study_names, study_stamp

__all__ = [
    "assessment_ids",
    "check_study",
    "list_assessments",
    "open_assessment",
    "open_network",
    "open_report",
    "open_study",
    "own_folder",
    "own_ids",
    "own_text",
    "remove_own",
    "save_assessment",
    "save_own",
    "save_study",
    "study_names",
    "study_stamp",
    "wording_of_text",
]

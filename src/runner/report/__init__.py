"""Reporters: they see events, and show or store them."""

from runner.report.json_result import JsonReporter, result_json
from runner.report.jsonl import EventsReporter
from runner.report.junit import JUnitReporter
from runner.report.plain import PlainReporter
from runner.report.target import is_stream
from runner.report.thread import ReporterThread

__all__ = [
    "EventsReporter",
    "JUnitReporter",
    "JsonReporter",
    "PlainReporter",
    "ReporterThread",
    "is_stream",
    "result_json",
]

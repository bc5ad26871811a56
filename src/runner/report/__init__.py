"""Reporters: they see events, and show or store them."""

from runner.report.json_result import JsonReporter, result_json
from runner.report.jsonl import EventsReporter, EventsToStream
from runner.report.junit import JUnitReporter
from runner.report.plain import PlainReporter
from runner.report.target import is_stream
from runner.report.thread import Reporters

__all__ = [
    "EventsReporter",
    "EventsToStream",
    "JUnitReporter",
    "JsonReporter",
    "PlainReporter",
    "Reporters",
    "is_stream",
    "result_json",
]

"""A table of sessions and Nodes, in Markdown, beside the other files of a run."""

from pathlib import Path

import runner


class Grid:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.outcomes: dict[str, dict[str, str]] = {}

    def handle(self, event: runner.Event) -> None:
        if isinstance(event.body, runner.CellFinished):
            result = event.body.result
            self.outcomes.setdefault(result.session, {})[result.axes.get("node", "-")] = result.outcome

    def close(self) -> None:
        nodes = list(dict.fromkeys(node for row in self.outcomes.values() for node in row))
        rows = [["session", *nodes], ["---"] * (1 + len(nodes))]
        rows += [[session, *(row.get(node, "") for node in nodes)] for session, row in self.outcomes.items()]
        self.file.write_text("".join(f"| {' | '.join(row)} |\n" for row in rows), encoding="utf-8")


@runner.hookimpl
def runner_reporter(options: runner.Options) -> runner.Reporter:
    return Grid(Path(options.run_folder, "nodes.md"))

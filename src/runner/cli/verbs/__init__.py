"""One module a verb, each with `run(arguments, world) -> exit code`."""

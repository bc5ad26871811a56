"""Frozen values that the layers pass to each other: no I/O, no clock, no plugins.

One module a subject: `text` (config text and where it stands), `settings` (what a cell can be told),
`config`, `plan`, `results`, `events`, `errors`, `options`, and `ports` (the Protocols).
"""

"""Commands: argv, never a shell. What looks like a shell's syntax is told apart here, where its line is known."""

"""Front ends: config files of other tools, read into the Config that runner's own format makes."""

"""What is installed in an environment, read from its folders."""

from runner.env.contents.distributions import distributions
from runner.model.environment import Environment
from runner.model.results import Installed


def installed(environment: Environment) -> tuple[Installed, ...]:
    """Return the distributions in the environment's own site-packages, sorted by name."""
    found = distributions(environment.site) if environment.site is not None else ()
    return tuple(Installed(each.name, each.version) for each in found)

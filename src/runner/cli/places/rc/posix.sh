# The start of `runner env shell` in sh, dash, ksh and the like: the user's own, then the environment.
if [ -n "${_RUNNER_ENV-}" ]; then
    ENV=$_RUNNER_ENV
    export ENV
    unset _RUNNER_ENV
    if [ -f "$ENV" ]; then
        . "$ENV"
    fi
else
    unset ENV
fi
eval "$_RUNNER_ACTIVATION"
unset _RUNNER_ACTIVATION

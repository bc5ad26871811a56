# The start of `runner env shell` in bash: the user's own, then the environment.
if [ -f ~/.bashrc ]; then
    . ~/.bashrc
fi
eval "$_RUNNER_ACTIVATION"
unset _RUNNER_ACTIVATION

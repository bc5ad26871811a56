# The start of `runner env shell` in zsh: the user's own file, then the environment.
if (( ${+_RUNNER_ZDOTDIR} )); then
    ZDOTDIR=$_RUNNER_ZDOTDIR
else
    unset ZDOTDIR
fi
if [[ ${HISTFILE-} == $_runner_rc/* ]]; then
    HISTFILE=${ZDOTDIR:-$HOME}/${HISTFILE:t}
fi
unset _runner_rc _RUNNER_ZDOTDIR
if [[ -f ${ZDOTDIR:-$HOME}/.zshrc ]]; then
    . ${ZDOTDIR:-$HOME}/.zshrc
fi
eval "$_RUNNER_ACTIVATION"
unset _RUNNER_ACTIVATION

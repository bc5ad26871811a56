# The start of `runner env shell` in zsh: the user's own file, which may say that the others are elsewhere.
_runner_rc=$ZDOTDIR
if (( ${+_RUNNER_ZDOTDIR} )); then
    ZDOTDIR=$_RUNNER_ZDOTDIR
else
    unset ZDOTDIR
fi
if [[ -f ${ZDOTDIR:-$HOME}/.zshenv ]]; then
    . ${ZDOTDIR:-$HOME}/.zshenv
fi
if (( ${+ZDOTDIR} )); then
    _RUNNER_ZDOTDIR=$ZDOTDIR
else
    unset _RUNNER_ZDOTDIR
fi
ZDOTDIR=$_runner_rc

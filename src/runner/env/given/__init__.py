"""Lock files of other tools (`lock-from`): what they pin is installed, and not resolved anew."""

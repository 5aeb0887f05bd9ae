# One Tab in bash with the completion that a Typer app installs of itself: the app
# runs at every Tab.  Run by `bash --norc`.
env COMP_WORDS='bare --h' COMP_CWORD=1 _BARE_COMPLETE=complete_bash \
  python "$SCRIPTS/bare_typer.py"

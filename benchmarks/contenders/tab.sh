# One Tab after `nano-edit --aspect-ratio 1` in bash, with the script that is shipped.
# Run by `bash --norc`; prints what is offered.
source "$1"
COMP_WORDS=(nano-edit --aspect-ratio 1)
COMP_CWORD=2
COMP_LINE='nano-edit --aspect-ratio 1'
COMP_POINT=${#COMP_LINE}
_nano_edit nano-edit 1 --aspect-ratio
printf '%s\n' "${COMPREPLY[@]}"
